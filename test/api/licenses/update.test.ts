import { describe, expect, test } from 'vitest';
import type { Feature } from '../../../domain/entitlement.ts';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  changeLicense,
  givenLicense,
  problemOf,
  readLicense,
  reinstate,
  revoke,
  suspend,
  tryAcquire,
  type GivenLicense,
} from '../../support/given.ts';

const api = await startTestApi();

test('changes only what it names', async () => {
  const license = await givenLicense(api, { seats: 3, expiresAt: '2100-01-01T00:00:00Z' });
  expect(await changeLicense(license, { seats: 4 })).toMatchObject({
    seats: { limit: 4 },
    expiresAt: '2100-01-01T00:00:00.000Z',
  });
  expect(await changeLicense(license, { expiresAt: null })).toMatchObject({
    seats: { limit: 4 },
    expiresAt: null,
  });
});

test('holds for the very next acquire', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await acquire(license);
  await changeLicense(license, { seats: 2 });
  expect((await acquire(license)).session.seats).toEqual({ used: 2, limit: 2 });
});

test('refuses nothing at all, and seats that the plan does not sell', async () => {
  const license = await givenLicense(api, { policy: { seats: { min: 2, max: 9 } } });
  for (const body of [{}, { seats: 1 }, { seats: 10 }, { seats: 2.5 }, { expiresAt: 'tomorrow' }]) {
    const answer = await api.asOperator('PATCH', `/v1/licenses/${license.licenseId}`, { body });
    expect({ body, status: answer.status }).toEqual({ body, status: 422 });
    expect(problemOf(answer).errors).toHaveLength(1);
  }
  expect(await readLicense(license)).toMatchObject({ seats: { limit: 5 } });
});

describe('features of its own', () => {
  const features = { agents: 5, projects: { value: 1, gate: 'soft' as const }, sso: false };

  test('replace the plan’s one by one and are given back one by one', async () => {
    const license = await givenLicense(api, { policy: { features } });
    const { entitlements } = await readLicense(license);
    const sso = { value: true, kind: 'boolean', gate: 'hard', from: 'license' };
    const projects = { value: 9, kind: 'number', gate: 'soft', from: 'license' };
    const change = (changed: Record<string, Feature | null>) =>
      changeLicense(license, { features: changed });
    expect((await change({ sso: true })).entitlements).toEqual({ ...entitlements, sso });
    const both = { ...entitlements, sso, projects };
    expect((await change({ projects: 9 })).entitlements).toEqual(both);
    expect((await changeLicense(license, { seats: 6 })).entitlements).toEqual(both);
    expect((await change({ sso: null })).entitlements).toEqual({ ...entitlements, projects });
    await change({ projects: null, agents: null });
    expect((await readLicense(license)).entitlements).toEqual(entitlements);
  });

  test('hold for the very next acquire', async () => {
    const license = await givenLicense(api, { policy: { features } });
    const ask = async () => (await tryAcquire(license, { features: ['sso'] })).status;
    expect(await ask()).toBe(403);
    await changeLicense(license, { features: { sso: true } });
    expect(await ask()).toBe(201);
  });

  test('are refused where the product knows none of that name and kind; then nothing changes', async () => {
    const license = await givenLicense(api, { policy: { features } });
    const path = `/v1/licenses/${license.licenseId}`;
    const faults: [unknown, RegExp][] = [
      [{ ssso: true }, /^features\.ssso$/],
      [{ sso: true, agents: 'many' }, /^features\.agents$/],
      [{ sso: 'yes please' }, /^features\.sso$/],
      [{ 'two words': 1 }, /^features/],
      [{ sso: [] }, /^features\.sso$/],
      [null, /^features$/],
    ];
    for (const [wrong, where] of faults) {
      const body = { seats: 7, features: wrong };
      const answer = await api.asOperator('PATCH', path, { body });
      expect({ wrong, status: answer.status }).toEqual({ wrong, status: 422 });
      expect(problemOf(answer).errors?.[0]?.path).toMatch(where);
    }
    expect(await readLicense(license)).toMatchObject({
      ...{ seats: { limit: 5 }, entitlements: { sso: { from: 'plan' } } },
    });
  });
});

test('many changes at once leave the pool with the last of them', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await acquire(license);
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => changeLicense(license, { seats: index + 5 })),
  );
  const { seats } = await readLicense(license);
  expect((await acquire(license)).session.seats).toEqual({ used: 2, limit: seats.limit });
});

test('changes nothing of a revoked license', async () => {
  const license = await givenLicense(api);
  await revoke(license);
  for (const body of [{ expiresAt: null }, { seats: 7 }]) {
    const answer = await api.asOperator('PATCH', `/v1/licenses/${license.licenseId}`, { body });
    expect(problemOf(answer)).toMatchObject({ status: 409, code: 'conflict' });
  }
  expect(await readLicense(license)).toMatchObject({ status: 'revoked', seats: { limit: 5 } });
});

test('repeating a change answers the same and is no event', async () => {
  const license = await givenLicense(api);
  const events = async () => {
    const rows = await api.deps.systemDb
      .selectFrom('licenseEvents')
      .select('event')
      .where('licenseId', '=', license.licenseId)
      .orderBy('id')
      .execute();
    return rows.map(({ event }) => event);
  };
  const twice = async (change: (license: GivenLicense) => Promise<unknown>) => {
    await change(license);
    await change(license);
  };
  await twice((given) => changeLicense(given, { seats: 7 }));
  await twice((given) => changeLicense(given, { features: { agents: 60 } }));
  await twice((given) => changeLicense(given, { features: { agents: null } }));
  await twice(suspend);
  await twice(reinstate);
  await twice(revoke);
  expect(await events()).toEqual([
    ...['license.issued', 'license.changed', 'license.changed', 'license.changed'],
    ...['license.suspended', 'license.reinstated', 'license.revoked'],
  ]);
});
