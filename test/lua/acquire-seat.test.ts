import { describe, expect, test } from 'vitest';
import { figures, givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();
const poolOf = (config = {}) => givenPool(door, config);

describe('one instance', () => {
  test('gets the same session, seat and fence when the call is repeated', async () => {
    const seats = await poolOf();
    const first = await seats.acquire('a', { id: 'ses_first' });
    const again = await seats.acquire('a', { id: 'ses_first' });
    expect(first).toMatchObject({ word: 'GRANTED', sessionId: 'ses_first', source: 'free' });
    expect(again).toMatchObject({ word: 'ATTACHED', sessionId: 'ses_first', newHolder: false });
    expect(again).toMatchObject({ fence: { epoch: 1, counter: 1 }, usage: { used: 1, limit: 1 } });
  });

  test('shares its seat among as many holders as the policy allows', async () => {
    const seats = await poolOf({ holdersMax: 2 });
    const sessionId = await seats.seatOf('a', 'x');
    const second = await seats.acquire('a', { holder: 'y' });
    expect(second).toMatchObject({ word: 'ATTACHED', sessionId, newHolder: true });
    expect(await seats.acquire('a', { holder: 'z' })).toMatchObject({
      word: 'NO_SEATS',
      reason: 'holders_exhausted',
      usage: { used: 1 },
    });
  });

  test('lets a new holder in when one of them has stopped beating', async () => {
    const seats = await poolOf({ holdersMax: 2 });
    const sessionId = await seats.seatOf('a', 'x');
    await seats.acquire('a', { holder: 'y' });
    stage.clock.now += 60;
    await seats.beat('a', sessionId, 'y');
    stage.clock.now += figures.leaseMs - 60;
    expect(await seats.acquire('a', { holder: 'z' })).toMatchObject({ word: 'ATTACHED' });
    expect(await seats.beat('a', sessionId, 'x')).toMatchObject({ word: 'ENDED' });
  });

  test('begins anew while its last session is being given back, and reports that one', async () => {
    const seats = await poolOf();
    const closing = await seats.seatOf('a');
    await seats.leave('a', closing);
    const anew = await seats.acquire('a', { id: 'ses_anew' });
    expect(anew).toMatchObject({
      word: 'GRANTED',
      sessionId: 'ses_anew',
      dropped: [{ sessionId: closing, instanceKey: 'a', reason: 'released' }],
    });
  });

  test('refuses to begin a session under the id of one that has ended', async () => {
    const seats = await poolOf();
    await seats.acquire('a', { id: 'ses_once' });
    await seats.free('a', 'ses_once');
    await expect(seats.acquire('a', { id: 'ses_once' })).rejects.toThrow('SESSION_ID_USED');
  });

  test.each(['a|b', 'a:{b}', '{}', `'"\\`, 'a b\n', 'ü 座', '-1', 'holder:x'])(
    'may be called %j',
    async (instanceKey) => {
      const seats = await poolOf();
      const sessionId = await seats.seatOf(instanceKey, instanceKey);
      expect(await seats.beat(instanceKey, sessionId, instanceKey)).toMatchObject({
        word: 'RENEWED',
      });
      stage.clock.now += figures.leaseMs;
      expect(await seats.drop()).toMatchObject({
        dropped: [{ sessionId, instanceKey, reason: 'lapsed', at: stage.clock.now }],
      });
      expect(await seats.contents()).toMatchObject({ seats: [], waiters: [] });
    },
  );
});

describe('newcomers', () => {
  test('get seats up to the limit and its overdraft, and not one more', async () => {
    const seats = await poolOf({ limit: 2, overdraft: 1 });
    for (const instance of ['a', 'b', 'c']) await seats.seatOf(instance);
    expect(await seats.acquire('d')).toMatchObject({
      word: 'NO_SEATS',
      reason: 'no_seats_available',
      usage: { used: 3, limit: 2 },
      queueLength: 0,
    });
  });

  test('who do not wait get no seat while somebody waits', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    await seats.placeOf('b');
    await seats.free('a', seat);
    expect(await seats.acquire('c')).toMatchObject({ word: 'NO_SEATS', usage: { used: 1 } });
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', source: 'offer' });
  });

  test('are not kept out by a waiter that is dead', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    await seats.placeOf('b');
    stage.clock.now += figures.livenessMs;
    await seats.free('a', seat);
    expect(await seats.acquire('c')).toMatchObject({ word: 'GRANTED' });
  });

  test('queue up to the most that may wait', async () => {
    const seats = await poolOf({ queueMax: 2 });
    await seats.seatOf('a');
    expect(await seats.acquire('b', { wait: true })).toMatchObject({ word: 'QUEUED', position: 1 });
    expect(await seats.acquire('c', { wait: true })).toMatchObject({ word: 'QUEUED', position: 2 });
    expect(await seats.acquire('d', { wait: true })).toMatchObject({
      word: 'NO_SEATS',
      reason: 'queue_full',
      queueLength: 2,
    });
  });

  test('are told that there are no seats, not that the queue is full, where nobody may wait', async () => {
    const seats = await poolOf({ queueMax: 0 });
    await seats.seatOf('a');
    expect(await seats.acquire('b', { wait: true })).toMatchObject({
      word: 'NO_SEATS',
      reason: 'no_seats_available',
    });
  });

  test('get no seat from a license that is over, while those who have one keep it', async () => {
    const seats = await poolOf({ limit: 2, validUntil: stage.clock.now + 50 });
    const sessionId = await seats.seatOf('a');
    stage.clock.now += 50;
    expect(await seats.acquire('b')).toMatchObject({ word: 'BLOCKED', status: 'expired' });
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'RENEWED' });
  });

  test('are answered NO_POOL by a Redis that does not hold the pool', async () => {
    expect(await new Seats(door).acquire('a')).toEqual({ word: 'NO_POOL' });
  });
});

describe('a waiter', () => {
  test('keeps its place and its session when it asks again, with or without waiting', async () => {
    const seats = await poolOf();
    await seats.seatOf('a');
    const sessionId = await seats.placeOf('b');
    await seats.placeOf('c');
    for (const wait of [true, false]) {
      const reply = await seats.acquire('b', { wait });
      expect(reply).toMatchObject({ word: 'QUEUED', sessionId, position: 1, newWaiter: false });
    }
  });

  test('takes its offer by acquiring, under the session that waited', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    const sessionId = await seats.placeOf('b');
    await seats.free('a', seat);
    const reply = await seats.acquire('b');
    expect(reply).toMatchObject({ word: 'GRANTED', sessionId, source: 'offer' });
    expect(reply).toMatchObject({ fence: { epoch: 1, counter: 2 }, usage: { used: 1 } });
  });

  test('who ignores its offer loses it, and the next is offered the seat', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    const first = await seats.placeOf('b');
    const second = await seats.placeOf('c');
    await seats.free('a', seat);
    stage.clock.now += figures.offerMs;
    expect(await seats.poll('c', second)).toMatchObject({
      word: 'OFFERED',
      offerUntil: stage.clock.now + figures.offerMs,
      dropped: [{ sessionId: first, reason: 'offer_expired' }],
    });
    expect(await seats.poll('b', first)).toMatchObject({ word: 'ENDED', reason: 'offer_expired' });
  });
});

test('an instance that asks twice at the same moment gets one seat and one session', async () => {
  const seats = await poolOf({ limit: 2 });
  const replies = await Promise.all([seats.acquire('a'), seats.acquire('a')]);
  expect(replies.map(({ word }) => word).sort()).toEqual(['ATTACHED', 'GRANTED']);
  expect(new Set(replies.map((reply) => 'sessionId' in reply && reply.sessionId)).size).toBe(1);
});

test('an offer is withdrawn when it would be taken above a limit that was lowered meanwhile', async () => {
  const seats = await poolOf({ limit: 2 });
  const [held] = [await seats.seatOf('a'), await seats.seatOf('b')];
  const [first, second] = [await seats.placeOf('c'), await seats.placeOf('d')];
  await seats.free('a', held);
  await seats.configure({ limit: 1 });
  expect(await seats.acquire('c')).toMatchObject({
    ...{ word: 'QUEUED', sessionId: first, newWaiter: false, position: 1 },
    usage: { used: 1, limit: 1 },
  });
  expect(await seats.poll('d', second)).toMatchObject({ word: 'QUEUED', position: 2 });
});

test('refuses figures that the scripts would misread, before anything is sent', async () => {
  const seats = await poolOf();
  for (const wrong of [{ leaseMs: 0.5 }, { limit: -1 }, { validUntil: Number.NaN }]) {
    seats.config = { ...figures, ...wrong };
    expect(() => seats.acquire('a')).toThrow();
  }
});

test('goes on when the server has forgotten the scripts', async () => {
  const seats = await poolOf();
  await stage.redis().script('FLUSH');
  expect(await seats.acquire('a')).toMatchObject({ word: 'GRANTED' });
});
