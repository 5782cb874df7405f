import { expect, test } from 'vitest';
import { givenPool, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock } = await startSeatStage();
const door = openDoor();

test('begins the lease anew, and tells the workflow now and then', async () => {
  const seats = await givenPool(door, { leaseMs: 100, signalEveryMs: 40 });
  const session = await seats.seatOf('a');
  clock.now += 39;
  expect(await seats.beat('a', session)).toMatchObject({ forward: false });
  clock.now += 1;
  expect(await seats.beat('a', session)).toMatchObject({
    ...{
      word: 'RENEWED',
      forward: true,
      leaseUntil: clock.now + 100,
      usage: { used: 1, limit: 1 },
    },
  });
  expect(await seats.beat('a', session)).toMatchObject({ forward: false });
});

test('a lease is over at the very instant that it names', async () => {
  const seats = await givenPool(door);
  const [session, waiter] = [await seats.seatOf('a'), await seats.placeOf('b')];
  clock.now += seats.config.livenessMs - 1;
  await seats.poll('b', waiter);
  clock.now += seats.config.leaseMs - seats.config.livenessMs;
  expect(await seats.look('a', session)).toMatchObject({ state: { status: 'active' } });
  clock.now += 1;
  expect(await seats.beat('a', session)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('saves a lease that was over while nobody dropped it, wanted it or needed the seat', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  clock.now += 10 * seats.config.leaseMs;
  expect(await seats.beat('a', session)).toMatchObject({ word: 'RENEWED' });
  expect((await seats.contents())?.seats).toHaveLength(1);
});

test('does not save it while somebody waits', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a');
  clock.now += seats.config.leaseMs - 1;
  await seats.placeOf('b');
  clock.now += 1;
  expect(await seats.beat('a', session)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('does not save it when the limit was lowered and others hold what is left', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const late = await seats.seatOf('a');
  clock.now += 1;
  await seats.seatOf('b');
  await seats.configure({ limit: 1 });
  clock.now += seats.config.leaseMs - 1;
  expect(await seats.beat('a', late)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('drops nobody, however many have lapsed', async () => {
  const seats = await givenPool(door, { limit: 3 });
  const [session] = [await seats.seatOf('a'), await seats.seatOf('b'), await seats.seatOf('c')];
  clock.now += seats.config.leaseMs;
  await seats.beat('a', session);
  expect((await seats.contents())?.seats).toHaveLength(3);
});

test('each holder has a lease of its own: one that falls silent lapses, the others keep the seat', async () => {
  const seats = await givenPool(door);
  const session = await seats.seatOf('a', 'x');
  await seats.acquire('a', { holder: 'y' });
  clock.now += seats.config.leaseMs - 1;
  await seats.beat('a', session, 'y');
  clock.now += 1;
  expect(await seats.beat('a', session, 'x')).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  expect(await seats.beat('a', session, 'y')).toMatchObject({ word: 'RENEWED' });
  expect(await seats.beat('a', session, 'stranger')).toMatchObject({ word: 'ENDED' });
});

test('tells an old session of the newer one, or why it ended when that is known', async () => {
  const seats = await givenPool(door);
  const first = await seats.seatOf('a');
  await seats.free('a', first, 'forced');
  const second = await seats.seatOf('a');
  expect(await seats.beat('a', first)).toMatchObject({ word: 'ENDED', reason: 'forced' });
  expect(await seats.beat('a', 'ses_older')).toMatchObject({ word: 'ENDED', reason: 'superseded' });
  await seats.free('a', second);
  expect(await seats.beat('a', first)).toMatchObject({ word: 'ENDED', reason: 'superseded' });
});

test('is the sign of life of a waiter, and says until when an offer stands', async () => {
  const seats = await givenPool(door);
  const [held, waiter] = [await seats.seatOf('a'), await seats.placeOf('b')];
  clock.now += 50;
  const livenessUntil = clock.now + seats.config.livenessMs;
  expect(await seats.beat('b', waiter)).toMatchObject({ word: 'QUEUED', livenessUntil });
  await seats.free('a', held);
  const offerUntil = clock.now + seats.config.offerMs;
  expect(await seats.beat('b', waiter)).toMatchObject({ word: 'OFFERED', offerUntil });
});

test('after a suspension every session hears why, also when the license is back', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const session = await seats.seatOf('a');
  await seats.configure({ status: 'suspended' });
  expect(await seats.beat('a', session)).toMatchObject({ reason: 'license_suspended' });
  await seats.configure({ status: 'open' });
  expect(await seats.beat('a', session)).toMatchObject({ reason: 'license_suspended' });
  const next = await seats.seatOf('b');
  await seats.configure({ status: 'revoked' });
  expect(await seats.beat('b', next)).toMatchObject({ reason: 'license_revoked' });
  expect(await seats.beat('a', session)).toMatchObject({ reason: 'license_suspended' });
});
