import { once } from 'node:events';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { changesChannel, poolName } from '../../lua/keys.ts';
import { givenPool, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock, server } = await startSeatStage();
const door = openDoor();

test('finds a seat that lapsed silently, at the instant it named as the next change', async () => {
  const seats = await givenPool(door, { livenessMs: 200 });
  const held = await seats.seatOf('a');
  const waiter = await seats.placeOf('b');
  const nextChange = clock.now + seats.config.leaseMs;
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'QUEUED', nextChange });
  clock.now = nextChange;
  expect(await seats.poll('b', waiter)).toMatchObject({
    word: 'OFFERED',
    offerUntil: clock.now + seats.config.offerMs,
    dropped: [{ sessionId: held, reason: 'lapsed', at: nextChange }],
  });
});

test('a waiter that falls silent lapses and those behind it move up', async () => {
  const seats = await givenPool(door, { leaseMs: 10_000 });
  await seats.seatOf('a');
  const [second, third] = [await seats.placeOf('b'), await seats.placeOf('c')];
  clock.now += seats.config.livenessMs - 1;
  expect(await seats.poll('c', third)).toMatchObject({ position: 2, length: 2 });
  clock.now += 1;
  expect(await seats.poll('c', third)).toMatchObject({ position: 1, length: 1 });
  expect(await seats.poll('b', second)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('nobody waits for longer than the longest wait, however lively', async () => {
  const seats = await givenPool(door, { leaseMs: 10_000, queueWaitMs: 120 });
  await seats.seatOf('a');
  const waiter = await seats.placeOf('b');
  clock.now += 60;
  const limits = { livenessUntil: clock.now + 60, queueUntil: clock.now + 60 };
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'QUEUED', ...limits });
  clock.now += 60;
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'ENDED', reason: 'queue_timeout' });
});

test('an offer that is ignored ends its waiter and goes to the next', async () => {
  const seats = await givenPool(door, { leaseMs: 10_000, livenessMs: 500, queueWaitMs: 1000 });
  const held = await seats.seatOf('a');
  const [second, third] = [await seats.placeOf('b'), await seats.placeOf('c')];
  await seats.free('a', held);
  clock.now += seats.config.offerMs;
  expect(await seats.poll('c', third)).toMatchObject({ word: 'OFFERED' });
  expect(await seats.poll('b', second)).toMatchObject({ word: 'ENDED', reason: 'offer_expired' });
});

test('only reads an active session', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  const leaseUntil = clock.now + seats.config.leaseMs;
  clock.now += 10;
  expect(await seats.poll('a', session)).toMatchObject({ word: 'ACTIVE', leaseUntil });
});

test('estimates from what tenures lasted of late', async () => {
  const seats = await givenPool(door);
  const first = await seats.seatOf('a');
  clock.now += 80;
  await seats.free('a', first);
  const held = await seats.seatOf('b');
  expect(await seats.acquire('c', { wait: true })).toMatchObject({ meanTenureMs: 80 });
  await seats.free('b', held);
  expect(await seats.beat('c', 'ses_none')).toMatchObject({ word: 'ENDED' });
});

test('announces on the pool’s name when an offer is made and when a place moves', async () => {
  const seats = await givenPool(door, { leaseMs: 10_000 });
  const subscriber = new Redis(server.url);
  try {
    await subscriber.subscribe(changesChannel);
    const held = await seats.seatOf('a');
    const waiter = await seats.placeOf('b');
    const offered = once(subscriber, 'message');
    await seats.free('a', held);
    expect(await offered).toEqual([changesChannel, poolName(seats.pool)]);
    const gone = once(subscriber, 'message');
    await seats.free('b', waiter);
    expect(await gone).toEqual([changesChannel, poolName(seats.pool)]);
  } finally {
    subscriber.disconnect();
  }
});
