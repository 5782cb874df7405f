import { expect, test } from 'vitest';
import { endedKey } from '../../lua/keys.ts';
import { givenPool, startSeatStage, type Seats } from './given-seats.ts';

const { door: openDoor, clock, redis } = await startSeatStage();
const door = openDoor();

/** Takes a seat for each of so many instances. */
async function givenCrowd(seats: Seats, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => seats.seatOf(`copy${n}`)));
}

async function countDropped(seats: Seats): Promise<number> {
  const reply = await seats.drop();
  return reply.word === 'LAPSED' ? reply.dropped.length : Number.NaN;
}

test('looking says what dropping would do, and changes nothing', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  const until = clock.now + seats.config.leaseMs;
  expect(await seats.look('a', session)).toMatchObject({
    ...{ state: { status: 'active', until }, nextChange: until, dropped: [] },
  });
  clock.now = until;
  expect(await seats.look('a', session)).toMatchObject({
    ...{ state: { status: 'ended', reason: 'lapsed' }, dropped: [], usage: { used: 1, limit: 1 } },
  });
  expect(await seats.drop('a', session)).toMatchObject({
    state: { status: 'ended', reason: 'lapsed' },
    ...{ dropped: [{ sessionId: session }], usage: { used: 0, limit: 1 }, nextChange: null },
  });
});

test('names no state when no session was named', async () => {
  const seats = await givenPool(door);
  expect(await seats.drop()).toMatchObject({ word: 'LAPSED', state: null, nextChange: null });
});

test('tells of what was dropped in every reply until the ledger acknowledges it', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  clock.now += seats.config.leaseMs;
  const report = { sessionId: session, instanceKey: 'a', reason: 'lapsed', at: clock.now };
  const told = { dropped: [report] };
  const later = await seats.acquire('b');
  expect(later).toMatchObject(told);
  const next = 'sessionId' in later ? later.sessionId : '';
  expect(await seats.acquire('c')).toMatchObject(told);
  expect(await seats.poll('b', next)).toMatchObject(told);
  expect(await seats.leave('b', next)).toMatchObject(told);
  expect(await seats.configure({ limit: 1 })).toMatchObject(told);
  expect(await seats.look('b', next)).toMatchObject(told);
  await seats.door.acknowledgeDropped(seats.pool, [session]);
  expect(await seats.look('b', next)).toMatchObject({ dropped: [] });
});

test('names the state of a waiter and of an offer with when it runs out', async () => {
  const seats = await givenPool(door);
  const [held, waiter] = [await seats.seatOf('a'), await seats.placeOf('b')];
  const lives = clock.now + seats.config.livenessMs;
  expect(await seats.look('b', waiter)).toMatchObject({
    state: { status: 'queued', until: lives },
  });
  await seats.free('a', held);
  const until = clock.now + seats.config.offerMs;
  expect(await seats.look('b', waiter)).toMatchObject({ state: { status: 'offered', until } });
});

test('drops at most 500 sessions in one call, so that a mass lapse cannot stall the server', async () => {
  const seats = await givenPool(door, { limit: 600 });
  await givenCrowd(seats, 600);
  clock.now += seats.config.leaseMs;
  expect(await countDropped(seats)).toBe(500);
  expect(await countDropped(seats)).toBe(600);
});

test('keeps a seat counted that it cannot report: the ledger is 1,000 sessions behind', async () => {
  const seats = await givenPool(door, { limit: 1100 });
  await givenCrowd(seats, 1100);
  clock.now += seats.config.leaseMs;
  for (const expected of [500, 1000, 1000]) expect(await countDropped(seats)).toBe(expected);
  expect(await redis().hlen(endedKey(seats.pool))).toBe(1000);
  seats.config = { ...seats.config, version: 2, limit: 100 };
  expect(await seats.acquire('new')).toMatchObject({ word: 'NO_SEATS', usage: { used: 100 } });
  const [left] = (await seats.contents())?.seats ?? [];
  if (left === undefined) throw new Error('No seat is left');
  // Not called ended while something could still renew it.
  const named = await seats.drop(left.instanceKey, left.sessionId);
  expect(named).toMatchObject({ state: { status: 'active', until: left.until } });
  const reported = named.word === 'LAPSED' ? named.dropped.map(({ sessionId }) => sessionId) : [];
  await seats.door.acknowledgeDropped(seats.pool, reported);
  expect(await seats.drop(left.instanceKey, left.sessionId)).toMatchObject({
    ...{ state: { status: 'ended', reason: 'lapsed' }, usage: { used: 0 } },
  });
});

test('passes over waiters that died and cannot be reported yet', async () => {
  const seats = await givenPool(door, { limit: 1001, queueMax: 9, livenessMs: 80, leaseMs: 100 });
  await givenCrowd(seats, 1000);
  const held = await seats.seatOf('held');
  const [dead] = [await seats.placeOf('dead')];
  clock.now += 60;
  const alive = await seats.placeOf('alive');
  await seats.beat('held', held);
  clock.now += 40;
  for (const expected of [500, 1000]) expect(await countDropped(seats)).toBe(expected);
  expect(await seats.poll('alive', alive)).toMatchObject({ word: 'OFFERED' });
  expect(await seats.poll('dead', dead)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('reads a pool of more than one page whole', async () => {
  const seats = await givenPool(door, { limit: 1200 });
  await givenCrowd(seats, 1200);
  expect((await seats.contents())?.seats).toHaveLength(1200);
});
