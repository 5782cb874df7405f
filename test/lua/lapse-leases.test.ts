import { describe, expect, test } from 'vitest';
import { figures, givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();

test('a lease is over at the very instant at which it ends', async () => {
  const seats = await givenPool(door);
  const sessionId = await seats.seatOf('a');
  const until = stage.clock.now + figures.leaseMs;
  stage.clock.now = until - 1;
  expect(await seats.drop('a', sessionId)).toMatchObject({ state: { status: 'active', until } });
  stage.clock.now = until;
  expect(await seats.drop('a', sessionId)).toMatchObject({
    state: { status: 'ended', reason: 'lapsed' },
    dropped: [{ sessionId, at: until }],
    usage: { used: 0 },
  });
});

test('looking says what dropping would do, and changes nothing', async () => {
  const seats = await givenPool(door);
  const sessionId = await seats.seatOf('a');
  stage.clock.now += figures.leaseMs;
  const seen = { state: { status: 'ended', reason: 'lapsed' }, usage: { used: 1 }, dropped: [] };
  expect(await seats.look('a', sessionId)).toMatchObject(seen);
  expect(await seats.look('a', sessionId)).toMatchObject(seen);
  expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'RENEWED' });
});

test('a drop is told again to everybody until it is acknowledged, and never after', async () => {
  const seats = await givenPool(door);
  const sessionId = await seats.seatOf('a');
  stage.clock.now += figures.leaseMs;
  const dropped = [{ sessionId, instanceKey: 'a', reason: 'lapsed', at: stage.clock.now }];
  expect(await seats.drop()).toMatchObject({ dropped });
  expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', dropped });
  expect(await seats.configure({ limit: 2 })).toMatchObject({ dropped });
  await door.acknowledgeDropped(seats.pool, [sessionId]);
  expect(await seats.drop()).toMatchObject({ dropped: [] });
});

test('says nothing about a session when none is named', async () => {
  const seats = await givenPool(door);
  expect(await seats.drop()).toMatchObject({ word: 'LAPSED', state: null, nextChange: null });
});

test('says NO_POOL where there is none: lost is not lapsed', async () => {
  expect(await new Seats(door).drop('a', 'ses_a')).toEqual({ word: 'NO_POOL' });
});

describe('when a thousand seats lapse at once', () => {
  const full = { limit: 1200, queueMax: 5 };

  /** A pool whose 1,200 seats are over. */
  async function givenMassLapse(): Promise<Seats> {
    const seats = await givenPool(door, full);
    const instances = Array.from({ length: full.limit }, (_, index) => `i${index}`);
    await Promise.all(instances.map((instance) => seats.seatOf(instance)));
    stage.clock.now += figures.leaseMs;
    return seats;
  }

  test('each call drops a bounded number, and what is not dropped stays counted', async () => {
    const seats = await givenMassLapse();
    const first = await seats.acquire('new');
    expect(first).toMatchObject({ word: 'GRANTED', usage: { used: full.limit - 500 + 1 } });
    const second = await seats.drop();
    expect(second).toMatchObject({ usage: { used: full.limit - 1000 + 1 } });
  });

  test('no report is lost: at most 1,000 are owed, and the rest waits for acknowledgement', async () => {
    const seats = await givenMassLapse();
    const reported = new Set<string>();
    for (let call = 0; call < 4; call += 1) {
      const reply = await seats.drop();
      if (reply.word !== 'LAPSED') throw new Error(reply.word);
      expect(reply.dropped.length).toBeLessThanOrEqual(1000);
      for (const { sessionId } of reply.dropped) reported.add(sessionId);
    }
    expect(reported.size).toBe(1000);
    expect(await seats.drop()).toMatchObject({ usage: { used: 200 } });
    await door.acknowledgeDropped(seats.pool, [...reported]);
    const rest = await seats.drop();
    expect(rest).toMatchObject({ usage: { used: 0 } });
    expect('dropped' in rest ? rest.dropped : []).toHaveLength(200);
  });

  test('nobody is granted the seat of a session whose end could not be reported', async () => {
    const seats = await givenMassLapse();
    await seats.drop();
    await seats.drop();
    await seats.configure({ limit: 200 });
    expect(await seats.acquire('new')).toMatchObject({ word: 'NO_SEATS', usage: { used: 200 } });
    expect(await seats.drop('i1199', 'ses_unknown')).toMatchObject({ usage: { used: 200 } });
  });

  test('a session whose end could not be reported is not called ended to who would end its row', async () => {
    const seats = await givenMassLapse();
    await seats.drop();
    await seats.drop();
    const [left] = (await seats.contents())?.seats ?? [];
    if (left === undefined) throw new Error('No seat is left');
    const { instanceKey, sessionId, until } = left;
    const owed = await seats.drop(instanceKey, sessionId);
    expect(owed).toMatchObject({ state: { status: 'active', until } });
    const reported = 'dropped' in owed ? owed.dropped.map((one) => one.sessionId) : [];
    await door.acknowledgeDropped(seats.pool, reported);
    expect(await seats.drop(instanceKey, sessionId)).toMatchObject({
      state: { status: 'ended', reason: 'lapsed' },
    });
  });

  test('waiters that died and could not be reported are passed over', async () => {
    const seats = await givenPool(door, { ...full, limit: 1000, leaseMs: 60 });
    await Promise.all(Array.from({ length: 1000 }, (_, index) => seats.seatOf(`i${index}`)));
    const dead = await seats.placeOf('dead');
    stage.clock.now += 59;
    const alive = await seats.placeOf('alive');
    stage.clock.now += 21;
    await seats.drop();
    await seats.drop();
    expect(await seats.poll('alive', alive)).toMatchObject({ word: 'OFFERED' });
    expect(await seats.poll('dead', dead)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
    expect((await seats.contents())?.waiters).toMatchObject([{ sessionId: dead }]);
  });
});

test('a pool of more than one page is read whole', async () => {
  const seats = await givenPool(door, { limit: 1001 });
  await Promise.all(Array.from({ length: 1001 }, (_, index) => seats.seatOf(`i${index}`)));
  expect((await seats.contents())?.seats).toHaveLength(1001);
});
