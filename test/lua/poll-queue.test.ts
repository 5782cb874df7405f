import { expect, test } from 'vitest';
import { figures, givenPool, startSeatStage, type Seats } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();

/** A pool of one seat that `a` holds, and who waits for it, in order. */
async function givenQueue(...instances: string[]): Promise<{ seats: Seats; ids: string[] }> {
  const seats = await givenPool(door);
  const ids = [await seats.seatOf('a')];
  for (const instance of instances) ids.push(await seats.placeOf(instance));
  return { seats, ids };
}

test('a place never grows, whoever comes, goes or asks in which order', async () => {
  const { seats, ids } = await givenQueue('b', 'c', 'd');
  const [, b = '', c = '', d = ''] = ids;
  const places: number[] = [];
  const look = async () => {
    for (const [instance, id] of [
      ['c', c],
      ['b', b],
      ['d', d],
    ] as const) {
      const reply = await seats.poll(instance, id);
      if (instance === 'd' && reply.word === 'QUEUED') places.push(reply.position);
    }
  };
  await look();
  stage.clock.now += 50;
  await look();
  await seats.free('b', b);
  await look();
  await seats.placeOf('e');
  await look();
  await seats.free('c', c);
  await look();
  expect(places).toEqual([3, 3, 2, 2, 1]);
});

test('a poll is a sign of life', async () => {
  const { seats, ids } = await givenQueue('b');
  for (let poll = 0; poll < 3; poll += 1) {
    stage.clock.now += figures.livenessMs - 1;
    await seats.beat('a', ids[0] ?? '');
    expect(await seats.poll('b', ids[1] ?? '')).toMatchObject({ word: 'QUEUED', position: 1 });
  }
});

test('a waiter that gives no sign of life is dropped, and those behind it move up', async () => {
  const { seats, ids } = await givenQueue('b', 'c');
  const [, b = '', c = ''] = ids;
  stage.clock.now += 50;
  await seats.poll('c', c);
  stage.clock.now += 30;
  expect(await seats.poll('c', c)).toMatchObject({
    word: 'QUEUED',
    position: 1,
    dropped: [{ sessionId: b, instanceKey: 'b', reason: 'lapsed' }],
  });
  expect(await seats.poll('b', b)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
});

test('nobody waits for longer than the longest wait, however alive', async () => {
  const { seats, ids } = await givenQueue('b');
  const [a = '', b = ''] = ids;
  for (let waited = 0; waited < figures.queueWaitMs; waited += 60) {
    expect(await seats.poll('b', b)).toMatchObject({ word: 'QUEUED' });
    stage.clock.now += 60;
    await seats.beat('a', a);
  }
  expect(await seats.poll('b', b)).toMatchObject({ word: 'ENDED', reason: 'queue_timeout' });
});

test('whoever asks after a silent lapse is offered the seat, and knew when to ask', async () => {
  const { seats, ids } = await givenQueue('b');
  stage.clock.now += 50;
  const reply = await seats.poll('b', ids[1] ?? '');
  expect(reply).toMatchObject({ word: 'QUEUED', nextChange: stage.clock.now + 50 });
  stage.clock.now += 50;
  expect(await seats.poll('b', ids[1] ?? '')).toMatchObject({
    word: 'OFFERED',
    offerUntil: stage.clock.now + figures.offerMs,
    dropped: [{ sessionId: ids[0], reason: 'lapsed' }],
  });
});

test('an offer is prolonged by nothing', async () => {
  const { seats, ids } = await givenQueue('b');
  await seats.free('a', ids[0] ?? '');
  const offerUntil = stage.clock.now + figures.offerMs;
  stage.clock.now += figures.offerMs - 1;
  expect(await seats.poll('b', ids[1] ?? '')).toMatchObject({ word: 'OFFERED', offerUntil });
  stage.clock.now += 1;
  expect(await seats.poll('b', ids[1] ?? '')).toMatchObject({ reason: 'offer_expired' });
});

test('a session that has its seat is only read', async () => {
  const { seats, ids } = await givenQueue();
  const leaseUntil = stage.clock.now + figures.leaseMs;
  stage.clock.now += 50;
  expect(await seats.poll('a', ids[0] ?? '')).toMatchObject({ word: 'ACTIVE', leaseUntil });
});

test('the wait is estimated from tenures that ended, recent ones most', async () => {
  const seats = await givenPool(door, { leaseMs: 10_000 });
  for (const tenureMs of [800, 1600]) {
    const sessionId = await seats.seatOf('a');
    stage.clock.now += tenureMs;
    await seats.free('a', sessionId);
  }
  await seats.seatOf('a');
  expect(await seats.acquire('b', { wait: true })).toMatchObject({ meanTenureMs: 900 });
});
