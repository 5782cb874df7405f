import { expect, test } from 'vitest';
import { givenPool, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock } = await startSeatStage();
const door = openDoor();

test('a freed seat can be granted at once', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  expect(await seats.free('a', session)).toEqual({ word: 'RELEASED', dropped: [] });
  expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED' });
});

test('freeing again says the same and touches no newer session of the instance', async () => {
  const seats = await givenPool(door);
  const first = await seats.seatOf('a');
  await seats.free('a', first);
  const second = await seats.seatOf('a');
  expect(await seats.free('a', first)).toEqual({ word: 'RELEASED', dropped: [] });
  expect(await seats.beat('a', second)).toMatchObject({ word: 'RENEWED' });
});

test('the last holder’s leave frees nothing before the ledger has ended the session', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  expect(await seats.leave('a', session)).toEqual({ word: 'LAST', dropped: [] });
  expect(await seats.leave('a', session), 'again').toEqual({ word: 'LAST', dropped: [] });
  expect(await seats.acquire('b')).toMatchObject({ word: 'NO_SEATS' });
  expect(await seats.beat('a', session)).toMatchObject({ word: 'ENDED', reason: 'released' });
});

test('a release that stops half-way is finished by the lapse of the lease', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  await seats.leave('a', session);
  clock.now += seats.config.leaseMs;
  expect(await seats.acquire('b')).toMatchObject({
    ...{ word: 'GRANTED', dropped: [{ sessionId: session, reason: 'released' }] },
  });
});

test('a seat stays with the holders that remain, for as long as theirs lasts', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a', 'x');
  const leaseUntil = clock.now + seats.config.leaseMs;
  clock.now += 40;
  await seats.acquire('a', { holder: 'y' });
  expect(await seats.leave('a', session, 'y')).toEqual({
    ...{ word: 'HELD', holders: 1, leaseUntil, dropped: [] },
  });
  expect(await seats.leave('a', session, 'x')).toMatchObject({ word: 'LAST' });
});

test('a waiter or an offer that is given back goes to the next at once', async () => {
  const seats = await givenPool(door);
  const [held, second, third] = [
    await seats.seatOf('a'),
    await seats.placeOf('b'),
    await seats.placeOf('c'),
  ];
  await seats.free('a', held);
  expect(await seats.leave('b', second)).toMatchObject({ word: 'LAST' });
  expect(await seats.poll('c', third)).toMatchObject({
    ...{ word: 'OFFERED', dropped: [{ sessionId: second, reason: 'released' }] },
  });
  expect(await seats.free('c', third)).toMatchObject({ word: 'RELEASED' });
  expect(await seats.acquire('d')).toMatchObject({ word: 'GRANTED' });
});

test('leaving what has ended says why it had', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  await seats.free('a', session, 'forced');
  expect(await seats.leave('a', session)).toMatchObject({ word: 'ENDED', reason: 'forced' });
});

test('leaves the reason behind even for a session that Redis never knew', async () => {
  const seats = await givenPool(door);
  await seats.free('a', 'ses_lost', 'forced');
  expect(await seats.beat('a', 'ses_lost')).toMatchObject({ word: 'ENDED', reason: 'forced' });
});
