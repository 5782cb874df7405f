import { describe, expect, test } from 'vitest';
import { startTestApi, type Answer } from '../../support/api.ts';
import {
  acquire,
  givenApiKey,
  givenLicense,
  givenTenant,
  heartbeat,
  problemOf,
  release,
  revoke,
  succeed,
  suspend,
  tryAcquire,
  type GivenLicense,
} from '../../support/given.ts';

const api = await startTestApi();

function tryRotate(license: GivenLicense, body: object = {}): Promise<Answer> {
  const { tenantId, licenseId } = license;
  return api.asOperator('POST', `/v1/licenses/${licenseId}/rotate-key`, { tenantId, body });
}

/** The license with its new key. */
async function rotate(license: GivenLicense, body: object = {}): Promise<GivenLicense> {
  const { licenseKey } = succeed(await tryRotate(license, body)) as { licenseKey: string };
  return { ...license, licenseKey };
}

/** Whether a program with this key would be served. */
async function isGood(license: GivenLicense): Promise<boolean> {
  const { status } = await tryAcquire(license, { instance: 'probe' });
  expect([200, 201, 401]).toContain(status);
  return status !== 401;
}

/** Lets the overlaps of a license's keys be over as if their time had passed. */
async function afterOverlap({ licenseId }: GivenLicense): Promise<void> {
  await api.deps.systemDb
    .updateTable('credentials')
    .set({ expiresAt: new Date(Date.now() - 1_000) })
    .where('subjectId', '=', licenseId)
    .where('expiresAt', 'is not', null)
    .execute();
}

describe('rotating the key of a license', () => {
  test('answers a new key once and stops the old one at once', async () => {
    const old = await givenLicense(api);
    const answer = await tryRotate(old);
    expect(answer.status).toBe(201);
    const { licenseKey } = answer.body as { licenseKey: string };
    expect(answer.body).toEqual({ licenseId: old.licenseId, licenseKey, previousKeysUntil: null });
    expect(licenseKey).toMatch(/^LH-/);
    expect(licenseKey).not.toBe(old.licenseKey);
    expect(problemOf(await tryAcquire(old)).code).toBe('unauthenticated');
    expect((await tryAcquire({ ...old, licenseKey })).status).toBe(201);
    const shown = await api.asOperator('GET', `/v1/licenses/${old.licenseId}`, old);
    expect(shown.text).not.toContain(licenseKey);
  });

  test('leaves sessions alone: they beat, are given back and free their seats', async () => {
    const old = await givenLicense(api, { seats: 1 });
    const session = await acquire(old, { instance: 'i' });
    const license = await rotate(old);
    expect(await heartbeat(session)).toMatchObject({ status: 'active' });
    expect((await acquire(license, { instance: 'i' })).id).toBe(session.id);
    await release(session);
    expect((await acquire(license)).httpStatus).toBe(201);
  });

  test('lets the old key go on for the overlap that was asked for, and no longer', async () => {
    const old = await givenLicense(api);
    const answer = await tryRotate(old, { overlapHours: 48 });
    const { licenseKey, previousKeysUntil } = answer.body as {
      licenseKey: string;
      previousKeysUntil: string;
    };
    const hours = (Date.parse(previousKeysUntil) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(47.9);
    expect(hours).toBeLessThanOrEqual(48);
    const license = { ...old, licenseKey };
    expect([await isGood(old), await isGood(license)]).toEqual([true, true]);
    await afterOverlap(license);
    expect([await isGood(old), await isGood(license)]).toEqual([false, true]);
  });

  test('without an overlap stops every key before it, whatever overlap was left', async () => {
    const first = await givenLicense(api);
    const second = await rotate(first, { overlapHours: 168 });
    const third = await rotate(second);
    const keys = [first, second, third];
    expect(await Promise.all(keys.map(isGood))).toEqual([false, false, true]);
  });

  test('with an overlap lengthens no overlap that was left', async () => {
    const first = await givenLicense(api);
    const second = await rotate(first, { overlapHours: 1 });
    await afterOverlap(first);
    const third = await rotate(second, { overlapHours: 168 });
    const keys = [first, second, third];
    expect(await Promise.all(keys.map(isGood))).toEqual([false, true, true]);
  });

  test('many times at once leaves one key', async () => {
    const old = await givenLicense(api);
    const keys = await Promise.all(Array.from({ length: 6 }, () => rotate(old)));
    const good = await Promise.all(keys.map(isGood));
    expect(good.filter(Boolean)).toHaveLength(1);
    expect(await isGood(old)).toBe(false);
  });

  test('touches no other license’s key', async () => {
    const old = await givenLicense(api);
    const sibling = await givenLicense(api, { tenantId: old.tenantId });
    await rotate(old);
    expect(await isGood(sibling)).toBe(true);
  });

  test('is in the audit log with who did it, and in the license’s events, never with the key', async () => {
    const old = await givenLicense(api);
    const { licenseId, licenseKey } = await rotate(old, { overlapHours: 2 });
    const { systemDb } = api.deps;
    const entries = await systemDb
      .selectFrom('auditLog')
      .selectAll()
      .where('subjectId', '=', licenseId)
      .where('action', '=', 'license.rotate_key')
      .execute();
    expect(entries).toMatchObject([{ actorKind: 'operator_key', detail: { overlapHours: 2 } }]);
    const events = await systemDb
      .selectFrom('licenseEvents')
      .selectAll()
      .where('licenseId', '=', licenseId)
      .where('event', '=', 'license.key_rotated')
      .execute();
    expect(events).toHaveLength(1);
    expect(JSON.stringify([entries, events])).not.toContain(licenseKey);
  });

  test('of a suspended license is allowed, so that a leaked key need not wait', async () => {
    const old = await givenLicense(api);
    await suspend(old);
    const license = await rotate(old);
    expect(problemOf(await tryAcquire(license)).code).toBe('license_suspended');
  });
});

describe('rotating the key of a license is refused', () => {
  test.each([{ overlapHours: -1 }, { overlapHours: 169 }, { overlapHours: 1.5 }, { hours: 1 }])(
    'with the body %j',
    async (body) => {
      const license = await givenLicense(api);
      const answer = await tryRotate(license, body);
      expect(answer.status).toBe(422);
      expect(await isGood(license)).toBe(true);
    },
  );

  test('without a credential, and with the license key itself', async () => {
    const license = await givenLicense(api);
    const path = `/v1/licenses/${license.licenseId}/rotate-key`;
    for (const authorization of [undefined, `License ${license.licenseKey}`]) {
      expect((await api.request('POST', path, { authorization, body: {} })).status).toBe(401);
    }
    expect(await isGood(license)).toBe(true);
  });

  test('to an API key that may only read', async () => {
    const license = await givenLicense(api);
    const path = `/v1/licenses/${license.licenseId}/rotate-key`;
    const keys = [
      await givenApiKey(api, license.tenantId, ['licenses:read', 'sessions:write']),
      await givenApiKey(api, license.tenantId, ['licenses:write']),
    ];
    const answers = [];
    for (const key of keys) {
      const authorization = `Bearer ${key}`;
      answers.push((await api.request('POST', path, { authorization, body: {} })).status);
    }
    expect(answers).toEqual([403, 201]);
  });

  test('to another tenant, as if there were no such license', async () => {
    const license = await givenLicense(api);
    const path = `/v1/licenses/${license.licenseId}/rotate-key`;
    const authorization = `Bearer ${await givenApiKey(api, await givenTenant(api))}`;
    const answer = await api.request('POST', path, { authorization, body: {} });
    expect(answer.status).toBe(404);
    expect(problemOf(answer).code).toBe('not_found');
    expect(await isGood(license)).toBe(true);
  });

  test('when the license was revoked', async () => {
    const license = await givenLicense(api);
    await revoke(license);
    const answer = await tryRotate(license);
    expect(answer.status).toBe(409);
    expect(problemOf(answer).code).toBe('conflict');
  });
});
