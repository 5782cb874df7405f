/** What happens to a step when Postgres goes away in the middle of it, or answers nothing any more. */
import { describe, expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import {
  acquire,
  afterLeaseLapses,
  givenLicense,
  heartbeat,
  problemOf,
  release,
  show,
  tryAcquire,
  tryRelease,
  tryShow,
} from '../support/given.ts';
import { expectAgreement, expectSound, readStores } from '../support/ledger.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';

const database = await cloneDatabase();
const proxy = await startProxy(addressOf(database.appUrl));
const api = await startTestApi({
  database,
  environment: { DATABASE_URL: throughProxy(database.appUrl, proxy) },
});

/** Postgres is gone from the grant in Redis on. */
async function withoutPostgresAfterGrant<T>(work: () => Promise<T>): Promise<T> {
  const stop = api.whenReached('acquire:granted-in-redis', () => {
    proxy.cut();
  });
  try {
    return await work();
  } finally {
    stop();
    proxy.mend();
  }
}

/** Postgres commits and its answer is lost. */
async function withoutAnswerToCommit<T>(
  point: 'acquire:granted-in-redis' | 'release:left-in-redis',
  work: () => Promise<T>,
): Promise<T> {
  const stop = api.whenReached(point, () => {
    proxy.loseAnswersTo('commit');
  });
  try {
    return await work();
  } finally {
    stop();
    proxy.mend();
  }
}

describe('Postgres dies between a grant and its record', () => {
  test('a seat that was free is free again', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await release(await acquire(license));
    const answer = await withoutPostgresAfterGrant(() => tryAcquire(license, { instance: 'i' }));
    expect(problemOf(answer)).toMatchObject({ status: 503, code: 'unavailable' });
    expect((await readStores(license)).pool?.seats).toEqual([]);
    expect((await acquire(license)).httpStatus).toBe(201);
    await expectSound(license, 1);
  });

  test('a place in the queue is given up', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license);
    const answer = await withoutPostgresAfterGrant(() => tryAcquire(license, { wait: true }));
    expect(answer.status).toBe(503);
    expect((await readStores(license)).pool?.waiters).toEqual([]);
    expect((await acquire(license, { wait: true })).session.queue?.position).toBe(1);
  });

  test('a process that attached is taken off, the others keep the seat', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const one = await acquire(license, { instance: 'i', holderId: 'p1' });
    const answer = await withoutPostgresAfterGrant(() =>
      tryAcquire(license, { instance: 'i', holderId: 'p2' }),
    );
    expect(answer.status).toBe(503);
    expect(await heartbeat(one)).toMatchObject({ status: 'active' });
    await release(one);
    expect((await acquire(license)).httpStatus).toBe(201);
  });

  test('an offer that was taken stays taken: the retry attaches', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const holder = await acquire(license);
    const waiter = await acquire(license, { instance: 'i', wait: true });
    await release(holder);
    const answer = await withoutPostgresAfterGrant(() => tryAcquire(license, { instance: 'i' }));
    expect(answer.status).toBe(503);
    const retried = await acquire(license, { instance: 'i' });
    expect(retried).toMatchObject({ httpStatus: 200, id: waiter.id });
    await expectSound(license, 1);
    await expectAgreement(license);
  });

  test('a seat that was taken over stays taken: the retry attaches, the old session has ended', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const device = { fingerprint: 'mine' };
    const old = await acquire(license, { device });
    const request = { instance: 'i', device, takeover: old.id };
    const answer = await withoutPostgresAfterGrant(() => tryAcquire(license, request));
    expect(answer.status).toBe(503);
    expect(await show(old)).toMatchObject({ status: 'ended', endReason: 'superseded' });
    expect((await acquire(license, request)).httpStatus).toBe(200);
    await expectSound(license, 1);
    await expectAgreement(license);
  });

  test('what the grant dropped is settled by the next', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const dead = await acquire(license);
    await afterLeaseLapses(dead);
    const answer = await withoutPostgresAfterGrant(() => tryAcquire(license));
    expect(answer.status).toBe(503);
    expect((await acquire(license)).httpStatus).toBe(201);
    expect(await show(dead)).toMatchObject({ status: 'ended', endReason: 'lapsed' });
    await expectSound(license, 1);
    await expectAgreement(license);
  });
});

test('what a look at the queue dropped while Postgres was away is settled by the next look', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const dead = await acquire(license);
  const waiter = await acquire(license, { wait: true });
  await afterLeaseLapses(dead);
  proxy.cut();
  expect((await tryShow(waiter)).status).toBe(503);
  proxy.mend();
  expect(await show(waiter)).toMatchObject({ status: 'offered' });
  expect(await show(dead)).toMatchObject({ status: 'ended', endReason: 'lapsed' });
  await expectSound(license, 1);
  await expectAgreement(license);
});

describe('the answer to a commit is lost', () => {
  test('of a grant: nothing is undone, and the retry attaches to the recorded session', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await release(await acquire(license));
    const answer = await withoutAnswerToCommit('acquire:granted-in-redis', () =>
      tryAcquire(license, { instance: 'i' }),
    );
    expect(problemOf(answer)).toMatchObject({
      status: 503,
      code: 'unavailable',
      conclusive: false,
    });
    await expectAgreement(license);
    expect((await tryAcquire(license)).status).toBe(409);
    const retried = await acquire(license, { instance: 'i' });
    expect(retried.httpStatus).toBe(200);
    await expectSound(license, 1);
    await release(retried);
    expect((await acquire(license)).httpStatus).toBe(201);
  });

  test('of a takeover: the retry attaches to the session that has the seat', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const device = { fingerprint: 'mine' };
    const old = await acquire(license, { device });
    const request = { instance: 'i', device, takeover: old.id };
    await withoutAnswerToCommit('acquire:granted-in-redis', () => tryAcquire(license, request));
    expect((await acquire(license, request)).httpStatus).toBe(200);
    expect(await show(old)).toMatchObject({ status: 'ended', endReason: 'superseded' });
    await expectSound(license, 1);
    await expectAgreement(license);
  });

  test('of a place in the queue: the retry has the same place', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license);
    await withoutAnswerToCommit('acquire:granted-in-redis', () =>
      tryAcquire(license, { instance: 'i', wait: true }),
    );
    const retried = await acquire(license, { instance: 'i', wait: true });
    expect(retried.session.queue).toMatchObject({ position: 1, length: 1 });
    await expectSound(license, 1);
  });

  test('of a release: it is repeated, and the session ends once', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const session = await acquire(license);
    const answer = await withoutAnswerToCommit('release:left-in-redis', () => tryRelease(session));
    expect(answer.status).toBe(503);
    expect((await tryRelease(session)).status).toBe(204);
    expect((await acquire(license)).httpStatus).toBe(201);
    await expectSound(license, 1);
    await expectAgreement(license);
  });
});

test('connections that break under load cost no seat and no process', async () => {
  const license = await givenLicense(api, { seats: 40 });
  await acquire(license);
  const asking = Array.from({ length: 39 }, (_, n) => tryAcquire(license, { instance: `i${n}` }));
  const cuts = setInterval(() => {
    proxy.cut();
    proxy.mend();
  }, 15);
  const answers = await Promise.all(asking);
  clearInterval(cuts);
  for (const { status } of answers) expect([200, 201, 503]).toContain(status);
  const again = await Promise.all(answers.map((_, n) => acquire(license, { instance: `i${n}` })));
  expect(new Set(again.map(({ id }) => id)).size).toBe(39);
  expect((await tryAcquire(license)).status).toBe(409);
  await expectSound(license, 40);
  await expectAgreement(license);
});
