import { expect, test } from 'vitest';
import { Seats, givenPool, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock } = await startSeatStage();
const door = openDoor();

test('offers new seats to those who wait as soon as the limit is raised', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  const waiter = await seats.placeOf('b');
  expect(await seats.configure({ limit: 2 })).toEqual({ word: 'CONFIGURED', dropped: [] });
  expect(await seats.look('b', waiter)).toMatchObject({ state: { status: 'offered' } });
});

test('takes no seat away when the limit is lowered, and grants none before use is below it', async () => {
  const seats = await givenPool(door, { limit: 3 });
  const [a, b] = [await seats.seatOf('a'), await seats.seatOf('b'), await seats.seatOf('c')];
  await seats.configure({ limit: 1 });
  expect(await seats.beat('a', a)).toMatchObject({ word: 'RENEWED', usage: { used: 3, limit: 1 } });
  for (const [copy, session] of [
    ['a', a],
    ['b', b],
  ] as const) {
    await seats.free(copy, session);
    expect(await seats.acquire('d')).toMatchObject({ word: 'NO_SEATS' });
  }
});

test('answers STALE to an older license and repeats an equal one', async () => {
  const seats = await givenPool(door);
  await seats.configure({ limit: 2 });
  expect(await seats.configure({})).toMatchObject({ word: 'CONFIGURED' });
  const older = { ...seats.config, version: 1, limit: 9 };
  expect(await door.configurePool(seats.pool, older)).toMatchObject({ word: 'STALE' });
  expect(await door.configurePool(seats.pool, seats.config)).toMatchObject({ word: 'CONFIGURED' });
  expect(await seats.look('a', 'ses_none')).toMatchObject({ usage: { limit: 2 } });
});

test.each(['suspended', 'revoked'] as const)(
  'a %s license loses seats, offers and queue at once',
  async (status) => {
    const seats = await givenPool(door, { limit: 2 });
    const [held] = [await seats.seatOf('a'), await seats.seatOf('b')];
    await seats.placeOf('c');
    const waiter = await seats.placeOf('d');
    await seats.free('a', held);
    expect(await seats.configure({ status })).toEqual({ word: 'CONFIGURED', dropped: [] });
    expect(await seats.contents()).toEqual({ seats: [], waiters: [] });
    expect(await seats.poll('d', waiter)).toMatchObject({
      word: 'ENDED',
      reason: `license_${status}`,
    });
    expect(await seats.acquire('a')).toMatchObject({ word: 'BLOCKED', status });
  },
);

test('a reinstated license begins empty: what ran before stays ended', async () => {
  const seats = await givenPool(door);
  const before = await seats.seatOf('a');
  await seats.configure({ status: 'suspended' });
  await seats.configure({ status: 'open' });
  const after = await seats.acquire('a');
  expect(after).toMatchObject({ word: 'GRANTED' });
  expect(await seats.free('a', before)).toMatchObject({ word: 'RELEASED' });
  expect((await seats.contents())?.seats).toHaveLength(1);
});

test('an expired license offers nothing until it is renewed', async () => {
  const seats = await givenPool(door, { validUntil: clock.now + 10 });
  const [held, waiter] = [await seats.seatOf('a'), await seats.placeOf('b')];
  clock.now += 10;
  await seats.free('a', held);
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'QUEUED', position: 1 });
  await seats.configure({ validUntil: null });
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'OFFERED' });
});

test('answers NO_POOL to a pool that it does not hold', async () => {
  expect(await new Seats(door).configure({ limit: 2 })).toEqual({ word: 'NO_POOL' });
});
