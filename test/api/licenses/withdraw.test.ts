import { describe, expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireMany,
  givenLicense,
  historyOf,
  problemOf,
  readLicense,
  reinstate,
  revoke,
  suspend,
  tryAcquire,
  tryHeartbeat,
} from '../../support/given.ts';
import { givenRows } from '../../support/ledger.ts';

const api = await startTestApi();

describe('suspending', () => {
  test('ends every session and refuses new ones until it is reinstated', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const sessions = await acquireMany(license, 2);
    await suspend(license);
    expect(await readLicense(license)).toMatchObject({ status: 'suspended', seats: { used: 0 } });
    for (const session of sessions) {
      expect(problemOf(await tryHeartbeat(session)).reason).toBe('license_suspended');
      expect(await historyOf(session)).toEqual(['seat.acquired', 'seat.withdrawn']);
    }
    expect(problemOf(await tryAcquire(license)).code).toBe('license_suspended');
    await reinstate(license);
    expect(await acquireMany(license, 2)).toHaveLength(2);
  });

  test('is harmless when repeated', async () => {
    const license = await givenLicense(api);
    await suspend(license);
    await suspend(license);
    await reinstate(license);
    await reinstate(license);
    expect(await readLicense(license)).toMatchObject({ status: 'active' });
  });

  test('wins against those who acquire at the same time', async () => {
    const license = await givenLicense(api, { seats: 40 });
    const asking = Array.from({ length: 40 }, () => tryAcquire(license));
    const [answers] = await Promise.all([Promise.all(asking), suspend(license)]);
    expect(answers.every(({ status }) => [201, 403].includes(status))).toBe(true);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0, queued: 0 } });
    await reinstate(license);
    expect((await acquire(license)).session.seats).toEqual({ used: 1, limit: 40 });
  });

  test('reaches the pool with the next acquire when Redis was away', async () => {
    const own = await startTestApi();
    const license = await givenLicense(own);
    const session = await acquire(license);
    await own.redis.kill();
    await suspend(license);
    await own.redis.restart();
    expect(await readLicense(license)).toMatchObject({ status: 'suspended', seats: { used: 0 } });
    const { status } = await tryAcquire(license);
    expect(status).toBe(403);
    expect((await tryHeartbeat(session)).status).not.toBe(200);
  });

  test('ends more sessions than one statement could insert events for', async () => {
    const license = await givenLicense(api, { seats: 1_000 });
    await givenRows(license, { count: 10_000, status: 'queued' });
    expect(await readLicense(license)).toMatchObject({ seats: { queued: 10_000 } });
    await suspend(license);
    expect(await readLicense(license)).toMatchObject({ seats: { queued: 0 } });
  });
});

describe('revoking', () => {
  test('is final', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license);
    await revoke(license);
    expect(problemOf(await tryHeartbeat(session)).reason).toBe('license_revoked');
    for (const act of ['suspend', 'reinstate']) {
      const body = act === 'suspend' ? { reason: 'x' } : {};
      const path = `/v1/licenses/${license.licenseId}/${act}`;
      const answer = await api.asOperator('POST', path, { body });
      expect({ act, status: answer.status }).toEqual({ act, status: 409 });
      expect(problemOf(answer).code).toBe('conflict');
    }
    await revoke(license);
    expect(await readLicense(license)).toMatchObject({ status: 'revoked' });
  });

  test('needs a reason, as suspending does', async () => {
    const { licenseId } = await givenLicense(api);
    for (const act of ['suspend', 'revoke']) {
      const path = `/v1/licenses/${licenseId}/${act}`;
      expect((await api.asOperator('POST', path, { body: {} })).status).toBe(422);
    }
  });
});
