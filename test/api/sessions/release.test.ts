import { describe, expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  acquire,
  afterLeaseLapses,
  forceRelease,
  givenLicense,
  heartbeat,
  historyOf,
  problemOf,
  readLicense,
  release,
  show,
  suspend,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
} from '../../support/given.ts';

const api = await startTestApi();

describe('giving a seat back', () => {
  test('frees it at once for the next, and the ledger knows', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const one = await acquire(license);
    expect(await readLicense(license)).toMatchObject({ seats: { limit: 1, used: 1, queued: 0 } });
    const answer = await tryRelease(one);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0 } });
    expect(await acquire(license)).toMatchObject({ httpStatus: 201 });
  });

  test('is the same when it is repeated: one end, one event, nobody else’s seat', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const one = await acquire(license, { instance: 'i' });
    await release(one);
    const next = await acquire(license, { instance: 'i' });
    const answers = await Promise.all([tryRelease(one), tryRelease(one), tryRelease(one)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(await historyOf(one)).toEqual(['seat.acquired', 'seat.released']);
    expect(await heartbeat(next)).toMatchObject({ status: 'active', seats: { used: 1 } });
  });

  test('ends once when many ask at once', async () => {
    const session = await acquire(await givenLicense(api));
    const answers = await Promise.all(Array.from({ length: 8 }, () => tryRelease(session)));
    expect(answers.every(({ status }) => status === 204)).toBe(true);
    expect(await historyOf(session)).toEqual(['seat.acquired', 'seat.released']);
  });

  test('keeps the reason of a session that had ended otherwise', async () => {
    const forced = await acquire(await givenLicense(api));
    await forceRelease(forced);
    await release(forced);
    expect(await show(forced)).toMatchObject({ endReason: 'forced' });
    const suspended = await acquire(await givenLicense(api));
    await suspend(suspended.license);
    await release(suspended);
    expect(await show(suspended)).toMatchObject({ endReason: 'license_suspended' });
  });

  test('tells the other processes why it had ended, also where Redis does not know it yet', async () => {
    const license = await givenLicense(api);
    const one = await acquire(license, { instance: 'i', holderId: 'p1' });
    const two = await acquire(license, { instance: 'i', holderId: 'p2' });
    const ended = { status: 'ended', endedAt: new Date(), endReason: 'forced' } as const;
    await api.deps.systemDb.updateTable('sessions').set(ended).where('id', '=', one.id).execute();
    await release(one);
    await release(two);
    const told = problemOf(await tryHeartbeat(two));
    expect(told).toMatchObject({ code: 'session_ended', reason: 'forced' });
  });

  test('is overtaken by the same instance that comes back: a new session, the old one released', async () => {
    const license = await givenLicense(api, { seats: 1 });
    for (let round = 0; round < 10; round += 1) {
      const old = await acquire(license, { instance: 'i' });
      const [, answer] = await Promise.all([release(old), tryAcquire(license, { instance: 'i' })]);
      const session = await acquire(license, { instance: 'i' });
      expect([200, 201]).toContain(answer.status);
      expect(await heartbeat(session)).toMatchObject({ seats: { used: 1, limit: 1 } });
      expect(await show(session)).toMatchObject({ status: 'active', endedAt: null });
      await release(session);
    }
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0 } });
  });
});

describe('with Redis away', () => {
  test('a session of one process is released in the ledger and its seat is owed', async () => {
    const own = await startTestApi();
    const license = await givenLicense(own, { seats: 1 });
    const session = await acquire(license);
    await own.redis.kill();
    await release(session);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0 } });
    await own.redis.restart();
    await eventually(async () => {
      const next = await acquire(license);
      expect(next.httpStatus).toBe(201);
    });
    expect(problemOf(await tryHeartbeat(session)).code).toBe('session_ended');
  });

  test('a session of several is not: only Redis knows who is left', async () => {
    const own = await startTestApi();
    const license = await givenLicense(own);
    const one = await acquire(license, { instance: 'i', holderId: 'p1' });
    const two = await acquire(license, { instance: 'i', holderId: 'p2' });
    await own.redis.kill();
    const answer = await tryRelease(one);
    expect(answer.status).toBe(503);
    expect(problemOf(answer)).toMatchObject({ code: 'unavailable', conclusive: false });
    await own.redis.restart();
    await eventually(() => heartbeat(two));
    expect(await show(two)).toMatchObject({ status: 'active' });
  });
});

test('a release while the pool is lost restores it without the session', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const session = await acquire(license);
  await api.redis.flush();
  await release(session);
  expect(await acquire(license)).toMatchObject({ httpStatus: 201 });
});

test('ends nobody on the word of a pool of an older epoch, and says to try again', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const session = await acquire(license);
  await afterLeaseLapses(await acquire(license));
  await api.deps.systemDb
    .updateTable('pools')
    .set((eb) => ({ epoch: eb('epoch', '+', 1) }))
    .where('licenseId', '=', license.licenseId)
    .execute();
  const answer = await tryRelease(session);
  expect(answer.status).toBe(503);
  expect(problemOf(answer)).toMatchObject({ code: 'restoring', conclusive: false });
  expect(await readLicense(license)).toMatchObject({ seats: { used: 2 } });
});
