import { describe, expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  afterSilence,
  changeLicense,
  forceRelease,
  givenLicense,
  heartbeat,
  historyOf,
  problemOf,
  readLicense,
  release,
  show,
  suspend,
  testPolicy,
  tryAcquire,
  tryHeartbeat,
  tryShow,
  type GivenSession,
} from '../../support/given.ts';

const api = await startTestApi();

async function givenQueue(waiters: number, seats = 1) {
  const license = await givenLicense(api, { seats });
  const holders = await acquireMany(license, seats);
  const queue: GivenSession[] = [];
  for (let n = 0; n < waiters; n += 1) queue.push(await acquire(license, { wait: true }));
  const [holder] = holders;
  const [first, second, third] = queue;
  if (holder === undefined || first === undefined) throw new Error('Nobody holds or waits');
  return { license, holder, first, second: second ?? first, third: third ?? first, queue };
}

/** Resolves once the long poll has been answered, with how long that took. */
async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const startedAt = performance.now();
  const value = await work;
  return { value, ms: performance.now() - startedAt };
}

describe('waiting', () => {
  test('gives each waiter a place behind those who came before', async () => {
    const { queue } = await givenQueue(3);
    expect(queue.map(({ httpStatus }) => httpStatus)).toEqual([202, 202, 202]);
    expect(queue.map(({ session }) => session.queue?.position)).toEqual([1, 2, 3]);
    expect(queue[2]?.session).toMatchObject({
      status: 'queued',
      queue: { position: 3, length: 3, offerUntil: null },
      leaseUntil: null,
      fence: null,
    });
    expect(await historyOf(queue[0] as GivenSession)).toEqual(['seat.queued']);
  });

  test('keeps the place of a waiter who asks again, with or without wait', async () => {
    const { license, first } = await givenQueue(2);
    for (const wait of [true, false]) {
      const again = await acquire(license, { instance: first.instanceKey, wait });
      expect(again).toMatchObject({ httpStatus: 202, id: first.id });
      expect(again.session.queue?.position).toBe(1);
    }
    expect(await historyOf(first)).toEqual(['seat.queued']);
  });

  test('keeps the place of a waiter who beats', async () => {
    const { first } = await givenQueue(1);
    expect(await heartbeat(first)).toMatchObject({ status: 'queued', queue: { position: null } });
  });

  test('refuses a newcomer who does not wait, and tells how many do', async () => {
    const { license } = await givenQueue(2);
    const problem = problemOf(await tryAcquire(license));
    expect(problem).toMatchObject({ code: 'no_seats_available', queue: { length: 2 } });
  });

  test('is estimated from recent tenures, and unknown before there was one', async () => {
    const { license, holder, first } = await givenQueue(2);
    expect(first.session.queue?.estimatedWaitSeconds).toBeNull();
    await release(holder);
    const taken = await acquire(license, { instance: first.instanceKey });
    expect(taken.httpStatus).toBe(201);
    const late = await acquire(license, { wait: true });
    expect(late.session.queue).toMatchObject({ position: 2, estimatedWaitSeconds: 1 });
  });

  test('ends when the queue is full, and where the plan has none', async () => {
    const queue = { ...testPolicy.queue, lengthMax: 1 } as typeof testPolicy.queue;
    const license = await givenLicense(api, { seats: 1, policy: { queue } });
    await acquire(license);
    await acquire(license, { wait: true });
    const full = problemOf(await tryAcquire(license, { wait: true }));
    expect(full).toMatchObject({ code: 'queue_full', status: 409, queue: { length: 1 } });

    const without = await givenLicense(api, { seats: 1, policy: { queue: null } });
    await acquire(without);
    const none = problemOf(await tryAcquire(without, { wait: true }));
    expect(none).toMatchObject({ code: 'no_seats_available', queue: { length: 0 } });
    expect(none.detail).not.toContain('wait');
  });

  test('ends after the longest wait of the plan, and the long poll says so by itself', async () => {
    const queue = { ...testPolicy.queue, waitMaxSeconds: 1 } as typeof testPolicy.queue;
    const license = await givenLicense(api, { seats: 1, policy: { queue } });
    await acquire(license);
    const waiter = await acquire(license, { wait: true });
    const { value, ms } = await timed(show(waiter, { wait: 20 }));
    expect(value).toMatchObject({ status: 'ended', endReason: 'queue_timeout' });
    expect(ms).toBeLessThan(15_000);
    expect(problemOf(await tryHeartbeat(waiter)).reason).toBe('queue_timeout');
    expect(await historyOf(waiter)).toEqual(['seat.queued', 'queue.timed_out']);
  });
});

describe('a seat that becomes free', () => {
  test('is offered to the first waiter, whose long poll answers at once', async () => {
    const { license, holder, first, second } = await givenQueue(2);
    const waiting = timed(show(first, { wait: 20 }));
    const behind = show(second, { wait: 20 });
    await release(holder);
    const { value, ms } = await waiting;
    expect(value).toMatchObject({ status: 'offered', queue: { position: 1 }, seats: { used: 1 } });
    expect(Date.parse(value.queue?.offerUntil ?? '')).toBeGreaterThan(Date.now());
    expect(ms).toBeLessThan(15_000);
    expect(await behind).toMatchObject({ status: 'queued', queue: { position: 1, length: 1 } });
    expect(await heartbeat(first)).toMatchObject({ status: 'offered' });
    expect((await tryAcquire(license)).status).toBe(409);
  });

  test('is taken by acquiring again: 201, the same session, a fence of its own', async () => {
    const { license, holder, first } = await givenQueue(1);
    await release(holder);
    const taken = await acquire(license, { instance: first.instanceKey });
    expect(taken).toMatchObject({ httpStatus: 201, id: first.id });
    expect(taken.session).toMatchObject({ status: 'active', queue: null, fence: { counter: 2 } });
    expect(await historyOf(first)).toEqual(['seat.queued', 'seat.acquired']);
    expect(await heartbeat(first)).toMatchObject({ status: 'active' });
  });

  test('goes to the next when the offer is ignored', async () => {
    const { license, holder, first, second } = await givenQueue(2);
    await release(holder);
    await afterLeaseLapses(first);
    expect(await show(second)).toMatchObject({ status: 'offered' });
    expect(await show(first)).toMatchObject({ status: 'ended', endReason: 'offer_expired' });
    const taken = await acquire(license, { instance: second.instanceKey });
    expect(taken.httpStatus).toBe(201);
    const back = await acquire(license, { instance: first.instanceKey, wait: true });
    expect(back.httpStatus).toBe(202);
    expect(back.id).not.toBe(first.id);
  });

  test('passes a waiter that has gone silent', async () => {
    const { holder, first, second } = await givenQueue(2);
    await afterSilence(first);
    expect(await show(second)).toMatchObject({ queue: { position: 1, length: 1 } });
    await release(holder);
    expect(await show(second)).toMatchObject({ status: 'offered' });
    expect(problemOf(await tryHeartbeat(first)).reason).toBe('lapsed');
  });

  test('reaches the waiter when its holder dies silently, without anybody else asking', async () => {
    const license = await givenLicense(api, {
      seats: 1,
      policy: { leaseSeconds: 1, heartbeatSeconds: 0.4 },
    });
    await acquire(license);
    const waiter = await acquire(license, { wait: true });
    const { value, ms } = await timed(show(waiter, { wait: 20 }));
    expect(value.status).toBe('offered');
    expect(ms).toBeLessThan(15_000);
  });

  test('reaches the waiter when the holder is forced out or an operator adds seats', async () => {
    const { license, holder, first, second } = await givenQueue(2);
    const waiting = show(first, { wait: 20 });
    await forceRelease(holder);
    expect(await waiting).toMatchObject({ status: 'offered' });
    const behind = show(second, { wait: 20 });
    expect(await changeLicense(license, { seats: 2 })).toMatchObject({ seats: { limit: 2 } });
    const early = await behind;
    const now = early.status === 'offered' ? early : await show(second, { wait: 20 });
    expect(now).toMatchObject({ status: 'offered', seats: { used: 2, limit: 2 } });
  });
});

describe('fewer seats', () => {
  test('take none away, and none is granted until enough are given back', async () => {
    const license = await givenLicense(api, { seats: 3 });
    const holders = await acquireMany(license, 3);
    await changeLicense(license, { seats: 1 });
    for (const holder of holders) {
      expect(await heartbeat(holder)).toMatchObject({ seats: { used: 3, limit: 1 } });
    }
    const waiter = await acquire(license, { wait: true });
    for (const holder of holders.slice(0, 2)) {
      await release(holder);
      expect(await show(waiter)).toMatchObject({ status: 'queued' });
    }
    await release(holders[2] as GivenSession);
    expect(await show(waiter)).toMatchObject({ status: 'offered', seats: { used: 1, limit: 1 } });
  });
});

describe('leaving the queue', () => {
  test('gives the place to those behind, and is told as what it is', async () => {
    const { first, second } = await givenQueue(2);
    const behind = show(second, { wait: 20 });
    await release(first);
    expect(await behind).toMatchObject({ queue: { position: 1, length: 1 } });
    expect(await show(first)).toMatchObject({ status: 'ended', endReason: 'released' });
    expect(await historyOf(first)).toEqual(['seat.queued', 'queue.left']);
  });

  test('gives an offer to the next', async () => {
    const { holder, first, second } = await givenQueue(2);
    await release(holder);
    await release(first);
    expect(await show(second)).toMatchObject({ status: 'offered' });
  });

  test('happens to everybody when the license is suspended, and long polls hear it', async () => {
    const { license, first, second } = await givenQueue(2);
    const waiting = [show(first, { wait: 20 }), show(second, { wait: 20 })];
    await suspend(license);
    for (const session of await Promise.all(waiting)) {
      expect(session).toMatchObject({ status: 'ended', endReason: 'license_suspended' });
    }
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0, queued: 0 } });
  });
});

test('a long poll that nobody waits for any more ends with its client', async () => {
  const { first } = await givenQueue(1);
  const controller = new AbortController();
  const waiting = tryShow(first, { wait: 25, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toThrow();
  expect(await show(first)).toMatchObject({ status: 'queued' });
});

test('a long poll without a change answers after its time with the same place', async () => {
  const { first } = await givenQueue(1);
  const { value, ms } = await timed(show(first, { wait: 1 }));
  expect(value).toMatchObject({ status: 'queued', queue: { position: 1 } });
  expect(ms).toBeGreaterThan(900);
  expect(ms).toBeLessThan(15_000);
});
