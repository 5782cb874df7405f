import { describe, expect, test } from 'vitest';
import { figures, givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();
const poolOf = (config = {}) => givenPool(door, config);

test('a beat keeps the seat for another lease', async () => {
  const seats = await poolOf();
  const sessionId = await seats.seatOf('a');
  stage.clock.now += figures.leaseMs - 1;
  expect(await seats.beat('a', sessionId)).toMatchObject({
    word: 'RENEWED',
    leaseUntil: stage.clock.now + figures.leaseMs,
    fence: { epoch: 1, counter: 1 },
  });
});

test('a beat is forwarded to the workflow at most once in signalEveryMs', async () => {
  const seats = await poolOf();
  const sessionId = await seats.seatOf('a');
  const forwarded: boolean[] = [];
  for (let beat = 0; beat < 4; beat += 1) {
    stage.clock.now += figures.signalEveryMs / 2;
    const reply = await seats.beat('a', sessionId);
    if (reply.word === 'RENEWED') forwarded.push(reply.forward);
  }
  expect(forwarded).toEqual([false, true, false, true]);
});

describe('a late beat', () => {
  test('revives a lease that nobody dropped when nobody waits', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    stage.clock.now += figures.leaseMs;
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'RENEWED' });
    expect(await seats.drop()).toMatchObject({ dropped: [], usage: { used: 1 } });
  });

  test('does not take the seat from whoever waits', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    stage.clock.now += 50;
    await seats.placeOf('b');
    stage.clock.now += 50;
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  });

  test('does not revive a lease in a pool that is over its limit', async () => {
    const seats = await poolOf({ limit: 2 });
    const sessionId = await seats.seatOf('a');
    stage.clock.now += 50;
    await seats.seatOf('b');
    await seats.configure({ limit: 1 });
    stage.clock.now += 50;
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  });

  test('does not bring back a session that was dropped', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    stage.clock.now += figures.leaseMs;
    await seats.drop();
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
    expect(await seats.contents()).toMatchObject({ seats: [] });
  });

  test('does not bring back one holder whose lease is over while another holds the seat', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a', 'x');
    await seats.acquire('a', { holder: 'y' });
    stage.clock.now += 60;
    await seats.beat('a', sessionId, 'y');
    stage.clock.now += 40;
    expect(await seats.beat('a', sessionId, 'x')).toMatchObject({ word: 'ENDED' });
    expect(await seats.beat('a', sessionId, 'y')).toMatchObject({ word: 'RENEWED' });
  });
});

test('a stranger to a session that is alive does not become its holder by beating', async () => {
  const seats = await poolOf();
  const sessionId = await seats.seatOf('a', 'x');
  expect(await seats.beat('a', sessionId, 'y')).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('whoever beats for a session before the present one hears why it ended', async () => {
  const seats = await poolOf();
  const forced = await seats.seatOf('a');
  await seats.free('a', forced, 'forced');
  const next = await seats.seatOf('a');
  expect(await seats.beat('a', forced)).toMatchObject({ word: 'ENDED', reason: 'forced' });
  await seats.free('a', next);
  await seats.seatOf('a');
  expect(await seats.beat('a', next)).toMatchObject({ word: 'ENDED', reason: 'released' });
  expect(await seats.beat('a', forced)).toMatchObject({ word: 'ENDED', reason: 'superseded' });
});

test('a beat after the last holder left is told that the session was released', async () => {
  const seats = await poolOf();
  const sessionId = await seats.seatOf('a');
  await seats.leave('a', sessionId);
  expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'ENDED', reason: 'released' });
});

test('a beat of a waiter is a sign of life, but not beyond the longest wait', async () => {
  const seats = await poolOf();
  await seats.seatOf('a');
  const sessionId = await seats.placeOf('b');
  const began = stage.clock.now;
  for (let beat = 0; beat < 4; beat += 1) {
    stage.clock.now += 70;
    expect(await seats.beat('b', sessionId)).toEqual({
      word: 'QUEUED',
      livenessUntil: Math.min(stage.clock.now + figures.livenessMs, began + figures.queueWaitMs),
      now: stage.clock.now,
    });
  }
  stage.clock.now = began + figures.queueWaitMs;
  expect(await seats.beat('b', sessionId)).toMatchObject({
    word: 'ENDED',
    reason: 'queue_timeout',
  });
});

test('a beat does not prolong an offer', async () => {
  const seats = await poolOf();
  const seat = await seats.seatOf('a');
  const sessionId = await seats.placeOf('b');
  await seats.free('a', seat);
  const offerUntil = stage.clock.now + figures.offerMs;
  stage.clock.now += 30;
  expect(await seats.beat('b', sessionId)).toMatchObject({ word: 'OFFERED', offerUntil });
  stage.clock.now = offerUntil;
  expect(await seats.beat('b', sessionId)).toMatchObject({
    word: 'ENDED',
    reason: 'offer_expired',
  });
});

test('a beat never makes a pool', async () => {
  expect(await new Seats(door).beat('a', 'ses_a')).toEqual({ word: 'NO_POOL' });
});

test('a beat drops nobody, however many have lapsed', async () => {
  const seats = await poolOf({ limit: 3 });
  const [session] = [await seats.seatOf('a'), await seats.seatOf('b'), await seats.seatOf('c')];
  stage.clock.now += figures.leaseMs;
  await seats.beat('a', session);
  expect((await seats.contents())?.seats).toHaveLength(3);
});
