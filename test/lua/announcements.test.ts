import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { changesChannel, poolName } from '../../lua/keys.ts';
import { figures, givenPool, startSeatStage, type Seats } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();

const heard: string[] = [];
const subscriber = new Redis(stage.server.url);
subscriber.on('message', (_channel: string, message: string) => heard.push(message));
await subscriber.subscribe(changesChannel);
afterAll(() => {
  subscriber.disconnect();
});

let marks = 0;

/** Waits until everything that was announced before has been heard. */
async function hearAll(): Promise<void> {
  marks += 1;
  const mark = `mark ${marks}`;
  const arrived = new Promise<void>((resolve) => {
    const look = (_channel: string, message: string) => {
      if (message !== mark) return;
      subscriber.off('message', look);
      resolve();
    };
    subscriber.on('message', look);
  });
  await stage.redis().publish(changesChannel, mark);
  await arrived;
}

/** How often the pool was announced while `act` ran. */
async function announcements(seats: Seats, act: () => Promise<unknown>): Promise<number> {
  await hearAll();
  const from = heard.length;
  await act();
  await hearAll();
  return heard.slice(from).filter((message) => message === poolName(seats.pool)).length;
}

test('a seat that is freed for a waiter is announced, once', async () => {
  const seats = await givenPool(door);
  const seat = await seats.seatOf('a');
  await seats.placeOf('b');
  await seats.placeOf('c');
  expect(await announcements(seats, () => seats.free('a', seat))).toBe(1);
});

test('so are an offer that expired, a waiter that left and one that died', async () => {
  const seats = await givenPool(door);
  const seat = await seats.seatOf('a');
  const b = await seats.placeOf('b');
  const c = await seats.placeOf('c');
  await seats.placeOf('d');
  await seats.free('a', seat);
  expect(await announcements(seats, () => seats.free('c', c))).toBe(1);
  stage.clock.now += figures.offerMs;
  expect(await announcements(seats, () => seats.poll('b', b))).toBe(1);
  stage.clock.now += figures.offerMs;
  expect(await announcements(seats, () => seats.drop())).toBe(1);
});

test('so are a limit that was raised, a suspension, and a restore', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  await seats.placeOf('b');
  expect(await announcements(seats, () => seats.configure({ limit: 2 }))).toBe(1);
  expect(await announcements(seats, () => seats.configure({ status: 'suspended' }))).toBe(1);
  expect(await announcements(seats, () => seats.restore(2))).toBe(1);
});

test('nothing is announced that changes nobody’s place or offer', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const a = await seats.seatOf('a');
  const count = await announcements(seats, async () => {
    await seats.seatOf('b');
    await seats.acquire('b');
    await seats.beat('a', a);
    const waiting = await seats.placeOf('c');
    await seats.poll('c', waiting);
    await seats.acquire('c');
    await seats.look('a', a);
    await seats.acquire('d');
    await seats.leave('a', a);
  });
  expect(count).toBe(0);
});

test('a seat that lapses or is freed without anybody waiting is not announced', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const a = await seats.seatOf('a');
  await seats.seatOf('b');
  const count = await announcements(seats, async () => {
    await seats.free('a', a);
    stage.clock.now += figures.leaseMs;
    await seats.drop();
  });
  expect(count).toBe(0);
});
