import { describe, expect, test } from 'vitest';
import { figures, givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();
const poolOf = (config = {}) => givenPool(door, config);

describe('leaving', () => {
  test('frees nothing before the ledger has ended the session', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    expect(await seats.leave('a', sessionId)).toMatchObject({ word: 'LAST' });
    expect(await seats.acquire('b')).toMatchObject({ word: 'NO_SEATS', usage: { used: 1 } });
    await seats.free('a', sessionId);
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED' });
  });

  test('may be repeated', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    await seats.leave('a', sessionId);
    expect(await seats.leave('a', sessionId)).toMatchObject({ word: 'LAST' });
    await seats.free('a', sessionId);
    expect(await seats.leave('a', sessionId)).toMatchObject({ word: 'ENDED', reason: 'released' });
  });

  test('leaves the seat to the holders that remain, for as long as they hold it', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a', 'x');
    const xUntil = stage.clock.now + figures.leaseMs;
    stage.clock.now += 50;
    await seats.acquire('a', { holder: 'y' });
    expect(await seats.leave('a', sessionId, 'y')).toMatchObject({
      word: 'HELD',
      holders: 1,
      leaseUntil: xUntil,
    });
    expect(await seats.leave('a', sessionId, 'y')).toMatchObject({ word: 'HELD', holders: 1 });
    expect(await seats.leave('a', sessionId, 'x')).toMatchObject({ word: 'LAST' });
  });

  test('does not wait for a holder that has stopped beating', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a', 'x');
    stage.clock.now += 50;
    await seats.acquire('a', { holder: 'y' });
    stage.clock.now += 50;
    expect(await seats.leave('a', sessionId, 'y')).toMatchObject({ word: 'LAST' });
  });

  test.each(['is offered a seat', 'has taken one'])(
    'of a place takes nothing from a waiter that %s since, however short that lasts',
    async (since) => {
      const seats = await poolOf({ leaseMs: 60, livenessMs: 200 });
      const holding = await seats.seatOf('a');
      const place = await seats.acquire('b', { wait: true });
      if (place.word !== 'QUEUED') throw new Error(place.word);
      stage.clock.now += 10;
      await seats.free('a', holding);
      if (since === 'has taken one') await seats.acquire('b');
      const { sessionId, livenessUntil: givenUntil } = place;
      const undo = { sessionId, instanceKey: 'b', holderId: 'main', givenUntil };
      const rest = { mode: 'leave', reason: 'released' } as const;
      expect(await seats.door.releaseSeat(seats.pool, { ...undo, ...rest })).toMatchObject({
        word: 'HELD',
      });
      expect(await seats.acquire('b')).toMatchObject({ sessionId });
    },
  );

  test('is what a session lapses with when nobody gets to free it', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    await seats.leave('a', sessionId);
    stage.clock.now += figures.leaseMs;
    expect(await seats.drop()).toMatchObject({ dropped: [{ sessionId, reason: 'released' }] });
  });
});

describe('dropping', () => {
  const dropped = (seats: Seats, sessionId: string) =>
    seats.door.releaseSeat(seats.pool, {
      ...{ sessionId, instanceKey: 'a', holderId: null, mode: 'drop', reason: 'lapsed' },
    });

  test('frees the seat at once and reports the session until that is acknowledged', async () => {
    const seats = await poolOf({ limit: 1 });
    const sessionId = await seats.seatOf('a');
    const report = { dropped: [{ sessionId, instanceKey: 'a', reason: 'lapsed' }] };
    expect(await dropped(seats, sessionId)).toMatchObject({ word: 'RELEASED', ...report });
    expect(await dropped(seats, sessionId)).toMatchObject({ word: 'RELEASED', ...report });
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', ...report });
  });

  test('touches no other session of the instance', async () => {
    const seats = await poolOf({ limit: 1 });
    const sessionId = await seats.seatOf('a');
    expect(await dropped(seats, 'ses_another')).toMatchObject({ dropped: [] });
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'RENEWED' });
  });
});

describe('freeing', () => {
  test('gives the seat to the first waiter in the same step', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    await seats.placeOf('b');
    await seats.free('a', seat);
    expect(await seats.contents()).toMatchObject({
      seats: [{ instanceKey: 'b', offer: true }],
      waiters: [],
    });
  });

  test('leaves a tombstone with the reason, and the first reason stays', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    await seats.free('a', sessionId, 'forced');
    expect(await seats.free('a', sessionId, 'released')).toMatchObject({ word: 'RELEASED' });
    expect(await seats.look('a', sessionId)).toMatchObject({
      state: { status: 'ended', reason: 'forced' },
    });
  });

  test('never touches another session of the instance', async () => {
    const seats = await poolOf();
    const before = await seats.seatOf('a');
    await seats.free('a', before);
    const present = await seats.seatOf('a');
    expect(await seats.free('a', before, 'forced')).toMatchObject({ word: 'RELEASED' });
    expect(await seats.beat('a', present)).toMatchObject({ word: 'RENEWED' });
  });

  test('takes a waiter out of the queue without a ghost, and those behind it move up', async () => {
    const seats = await poolOf();
    await seats.seatOf('a');
    const first = await seats.placeOf('b');
    const second = await seats.placeOf('c');
    await seats.free('b', first);
    expect(await seats.poll('c', second)).toMatchObject({ position: 1, length: 1 });
    expect(await seats.poll('b', first)).toMatchObject({ word: 'ENDED', reason: 'released' });
  });

  test('hands an offer that is given back to the next', async () => {
    const seats = await poolOf();
    const seat = await seats.seatOf('a');
    const first = await seats.placeOf('b');
    const second = await seats.placeOf('c');
    await seats.free('a', seat);
    await seats.free('b', first);
    expect(await seats.poll('c', second)).toMatchObject({ word: 'OFFERED' });
  });

  test('tells who asks later why a session ended that this Redis never knew', async () => {
    const seats = await poolOf();
    await seats.free('a', 'ses_unknown', 'forced');
    expect(await seats.beat('a', 'ses_unknown')).toMatchObject({ word: 'ENDED', reason: 'forced' });
  });

  test('is not reported as a drop, not even when the lease is over already', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    stage.clock.now += figures.leaseMs;
    expect(await seats.free('a', sessionId)).toEqual({ word: 'RELEASED', dropped: [] });
  });

  test('is owed to a pool that is not there', async () => {
    const seats = new Seats(door);
    expect(await seats.free('a', 'ses_a')).toEqual({ word: 'NO_POOL' });
    expect(await seats.leave('a', 'ses_a')).toEqual({ word: 'NO_POOL' });
  });
});
