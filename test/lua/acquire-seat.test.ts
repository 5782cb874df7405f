import { expect, test } from 'vitest';
import { givenPool, Seats, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock } = await startSeatStage();
const door = openDoor();

test('grants as many seats as limit and overdraft allow and not one more', async () => {
  const seats = await givenPool(door, { limit: 2, overdraft: 1 });
  for (const copy of ['a', 'b', 'c'])
    expect(await seats.acquire(copy)).toMatchObject({ word: 'GRANTED' });
  expect(await seats.acquire('d')).toMatchObject({
    ...{ word: 'NO_SEATS', reason: 'no_seats_available', usage: { used: 3, limit: 2 } },
  });
});

test('gives an instance that asks twice at once one seat and one session', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const replies = await Promise.all([seats.acquire('a'), seats.acquire('a')]);
  expect(replies.map(({ word }) => word).sort()).toEqual(['ATTACHED', 'GRANTED']);
  expect(new Set(replies.map((reply) => 'sessionId' in reply && reply.sessionId)).size).toBe(1);
  expect((await seats.contents())?.seats).toHaveLength(1);
});

test('answers a retry with the same id by the same session', async () => {
  const seats = await givenPool(door);
  const first = await seats.acquire('a', { id: 'ses_same' });
  const retry = await seats.acquire('a', { id: 'ses_same' });
  expect(first).toMatchObject({ word: 'GRANTED', sessionId: 'ses_same' });
  expect(retry).toMatchObject({ word: 'ATTACHED', sessionId: 'ses_same', newHolder: false });
});

test('begins no session under the id of one that has ended', async () => {
  const seats = await givenPool(door);
  await seats.acquire('a', { id: 'ses_once' });
  await seats.free('a', 'ses_once');
  await expect(seats.acquire('a', { id: 'ses_once' })).rejects.toThrow('SESSION_ID_USED');
});

test('lets as many holders share a session as its policy allows', async () => {
  const seats = await givenPool(door, { holdersMax: 2 });
  await seats.seatOf('a', 'x');
  expect(await seats.acquire('a', { holder: 'y' })).toMatchObject({ newHolder: true });
  expect(await seats.acquire('a', { holder: 'z' })).toMatchObject({
    ...{ word: 'NO_SEATS', reason: 'holders_exhausted' },
  });
  expect(await seats.acquire('a', { holder: 'y' })).toMatchObject({ newHolder: false });
});

test('a holder that lapsed makes room for another', async () => {
  const seats = await givenPool(door, { holdersMax: 2 });
  const session = await seats.seatOf('a', 'silent');
  await seats.acquire('a', { holder: 'y' });
  clock.now += seats.config.leaseMs - 1;
  await seats.beat('a', session, 'y');
  expect(await seats.acquire('a', { holder: 'z' })).toMatchObject({ reason: 'holders_exhausted' });
  clock.now += 1;
  expect(await seats.acquire('a', { holder: 'z' })).toMatchObject({ newHolder: true });
});

test('a newcomer who does not wait is refused while somebody waits, even with a seat free', async () => {
  const seats = await givenPool(door);
  const held = await seats.seatOf('a');
  await seats.placeOf('b');
  await seats.free('a', held);
  expect(await seats.acquire('c')).toMatchObject({ word: 'NO_SEATS', queueLength: 0 });
  expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', fromOffer: true });
});

test('a waiter that asks again without waiting keeps its place and its ticket', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  await seats.placeOf('b');
  const place = await seats.acquire('c', { wait: true });
  const again = await seats.acquire('c', { wait: false });
  expect(place).toMatchObject({ word: 'QUEUED', position: 2, newWaiter: true });
  expect(again).toMatchObject({ word: 'QUEUED', position: 2, newWaiter: false });
  expect('ticket' in again && again.ticket).toEqual('ticket' in place && place.ticket);
});

test('sends who wants to wait away when the queue is full, or when there is none', async () => {
  const short = await givenPool(door, { queueMax: 1 });
  const none = await givenPool(door, { queueMax: 0 });
  for (const seats of [short, none]) await seats.seatOf('a');
  await short.placeOf('b');
  expect(await short.acquire('c', { wait: true })).toMatchObject({ reason: 'queue_full' });
  expect(await none.acquire('c', { wait: true })).toMatchObject({ reason: 'no_seats_available' });
});

test('serves those who wait in the order of their tickets when the limit is raised', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  const [second, third] = [await seats.placeOf('b'), await seats.placeOf('c')];
  seats.config = { ...seats.config, version: 2, limit: 2 };
  expect(await seats.acquire('d')).toMatchObject({ word: 'NO_SEATS' });
  expect(await seats.poll('b', second)).toMatchObject({ word: 'OFFERED' });
  expect(await seats.poll('c', third)).toMatchObject({ word: 'QUEUED', position: 1 });
});

test('grants nothing above a lowered limit, not even what was offered before', async () => {
  const seats = await givenPool(door, { limit: 2 });
  const [held] = [await seats.seatOf('a'), await seats.seatOf('b')];
  const place = await seats.placeOf('c');
  await seats.free('a', held);
  await seats.configure({ limit: 1 });
  expect(await seats.acquire('c')).toMatchObject({ word: 'QUEUED', sessionId: place, position: 1 });
  expect(await seats.acquire('d')).toMatchObject({
    word: 'NO_SEATS',
    usage: { used: 1, limit: 1 },
  });
});

test('ignores an older license than the pool knows', async () => {
  const seats = await givenPool(door, { version: 5, limit: 1 });
  await seats.seatOf('a');
  seats.config = { ...seats.config, version: 4, limit: 9 };
  expect(await seats.acquire('b')).toMatchObject({
    word: 'NO_SEATS',
    usage: { used: 1, limit: 1 },
  });
});

test('gives nothing from the moment the license expires, and lets running sessions beat', async () => {
  const seats = await givenPool(door, { limit: 2, validUntil: clock.now + 50 });
  const session = await seats.seatOf('a');
  clock.now += 50;
  expect(await seats.acquire('b')).toMatchObject({ word: 'BLOCKED', status: 'expired' });
  expect(await seats.beat('a', session)).toMatchObject({ word: 'RENEWED' });
});

test('an instance that comes back while its last release is half done begins anew', async () => {
  const seats = await givenPool(door);
  const first = await seats.seatOf('a');
  expect(await seats.leave('a', first)).toMatchObject({ word: 'LAST' });
  const again = await seats.acquire('a');
  expect(again).toMatchObject({
    word: 'GRANTED',
    dropped: [{ sessionId: first, instanceKey: 'a', reason: 'released', at: clock.now }],
  });
  expect('sessionId' in again && again.sessionId).not.toBe(first);
});

test('answers NO_POOL for a pool that nobody restored', async () => {
  const seats = new Seats(door);
  expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
  expect(await seats.contents()).toBeNull();
});

test('takes instance keys as they are: spaces, braces, colons, other scripts', async () => {
  const seats = await givenPool(door, { limit: 3 });
  const names = ['a b:c', '{x}:meta', 'Ключ\n7'];
  for (const name of names) await seats.seatOf(name);
  clock.now += seats.config.leaseMs;
  const reply = await seats.drop();
  const dropped =
    reply.word === 'LAPSED' ? reply.dropped.map(({ instanceKey }) => instanceKey) : [];
  expect(dropped.sort()).toEqual(names.sort());
});

test('refuses figures that the scripts would misread', async () => {
  const seats = await givenPool(door);
  seats.config = { ...seats.config, leaseMs: 0.5 };
  expect(() => seats.acquire('a')).toThrow();
});
