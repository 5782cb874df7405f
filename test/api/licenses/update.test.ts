import { expect, test } from 'vitest';
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
  await twice(suspend);
  await twice(reinstate);
  await twice(revoke);
  expect(await events()).toEqual([
    ...['license.issued', 'license.changed', 'license.suspended', 'license.reinstated'],
    'license.revoked',
  ]);
});
