import { describe, expect, test } from 'vitest';
import { poolKeys } from '../../lua/keys.ts';
import type { RestorePool } from '../../lua/scripts.ts';
import { givenPool, Seats, startSeatStage } from './given-seats.ts';

const { door: openDoor, clock, redis, server } = await startSeatStage();
const durable = await startSeatStage({ durable: true });
const door = openDoor();

/** One chunk of a restore. */
function load(seats: Seats, chunk: Partial<RestorePool>) {
  const nobody = { seats: [], waiters: [] };
  const whole = { first: true, last: true, config: seats.config };
  return door.restorePool(seats.pool, { epoch: 2, ...whole, ...nobody, ...chunk });
}

const fence = { epoch: 1, counter: 7 };
const seatOf = (copy: string) => ({ sessionId: `ses_${copy}`, instanceKey: copy, fence });
const waiterOf = (copy: string, n: number) => {
  return { sessionId: `ses_${copy}`, instanceKey: copy, ticket: { epoch: 1, n } };
};

describe('what is restored', () => {
  test('keeps its session and fence, and new fences are higher', async () => {
    const seats = new Seats(door, { limit: 2 });
    await load(seats, { seats: [seatOf('a')] });
    expect(await seats.acquire('a')).toMatchObject({ word: 'ATTACHED', sessionId: 'ses_a', fence });
    expect(await seats.acquire('b')).toMatchObject({ fence: { epoch: 2, counter: 1 }, epoch: 2 });
  });

  test('comes back beyond a lowered limit too, and nothing is granted until use is below it', async () => {
    const seats = new Seats(door, { limit: 1 });
    await load(seats, { seats: [seatOf('a'), seatOf('b')] });
    await seats.free('a', 'ses_a');
    expect(await seats.acquire('c')).toMatchObject({ word: 'NO_SEATS', usage: { used: 1 } });
  });

  test('waits in the order of its tickets, before all who come later', async () => {
    const seats = new Seats(door);
    const waiters = [waiterOf('late', 9), waiterOf('early', 4)];
    await load(seats, { seats: [seatOf('a')], waiters });
    const place = await seats.acquire('new', { wait: true });
    expect(place).toMatchObject({ position: 3, ticket: { epoch: 2, n: 10 } });
    await seats.free('a', 'ses_a');
    expect(await seats.poll('early', 'ses_early')).toMatchObject({ word: 'OFFERED' });
  });

  test('adopts holders that Redis forgot for one lease, and none later', async () => {
    const seats = new Seats(door);
    await load(seats, { seats: [seatOf('a')] });
    clock.now += seats.config.leaseMs - 1;
    expect(await seats.beat('a', 'ses_a', 'x')).toMatchObject({ word: 'RENEWED' });
    clock.now += 1;
    expect(await seats.beat('a', 'ses_a', 'x')).toMatchObject({ word: 'RENEWED' });
    expect(await seats.beat('a', 'ses_a', 'y')).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  });

  test('is kept for a lease when it was shared, and is free at once when it was not', async () => {
    const seats = new Seats(door, { limit: 2 });
    const alone = { ...seatOf('a'), isShared: false };
    await load(seats, { seats: [alone, { ...seatOf('b'), isShared: true }] });
    expect(await seats.leave('a', 'ses_a', 'x')).toMatchObject({ word: 'LAST' });
    expect(await seats.leave('b', 'ses_b', 'x')).toMatchObject({ word: 'HELD' });
  });

  test('lapses when nobody comes back for it', async () => {
    const seats = new Seats(door);
    await load(seats, { seats: [seatOf('a')] });
    clock.now += seats.config.leaseMs;
    expect(await seats.acquire('b')).toMatchObject({
      word: 'GRANTED',
      dropped: [{ sessionId: 'ses_a' }],
    });
  });
});

describe('while it is restored, the pool', () => {
  test('answers NO_POOL to everything', async () => {
    const seats = new Seats(door);
    await load(seats, { last: false, seats: [seatOf('a')] });
    const answers = await Promise.all([
      ...[seats.acquire('a'), seats.beat('a', 'ses_a'), seats.poll('a', 'ses_a')],
      ...[seats.leave('a', 'ses_a'), seats.free('a', 'ses_a'), seats.drop(), seats.configure({})],
    ]);
    expect(answers).toEqual(answers.map(() => ({ word: 'NO_POOL' })));
    expect(await seats.contents()).toBeNull();
  });

  test('refuses an older restore, from its beginning and from its middle', async () => {
    const seats = new Seats(door, { limit: 3 });
    await load(seats, { epoch: 3, last: false, seats: [seatOf('a')] });
    await load(seats, { epoch: 4, last: false, seats: [seatOf('b')] });
    const older = { epoch: 3, seats: [seatOf('c')] };
    expect(await load(seats, { ...older, first: false })).toEqual({ word: 'STALE_EPOCH' });
    expect(await load(seats, older)).toEqual({ word: 'STALE_EPOCH' });
    expect(await load(seats, { epoch: 4, first: false })).toMatchObject({ word: 'RESTORED' });
    expect((await seats.contents())?.seats).toMatchObject([{ sessionId: 'ses_b' }]);
  });

  test('takes a repeated chunk once', async () => {
    const seats = new Seats(door, { limit: 3 });
    const first = { last: false, seats: [seatOf('a')] };
    const last = { first: false, seats: [seatOf('b')] };
    for (const chunk of [first, first, last]) await load(seats, chunk);
    await seats.seatOf('c');
    expect(await load(seats, last), 'the reply was lost').toMatchObject({ word: 'RESTORED' });
    expect((await seats.contents())?.seats).toHaveLength(3);
  });
});

test('takes at most 500 sessions in one call', () => {
  const many = Array.from({ length: 501 }, (_, n) => seatOf(`copy${n}`));
  expect(() => load(new Seats(door), { seats: many })).toThrow('at most 500');
});

test('a restored pool of a suspended license holds nobody', async () => {
  const seats = new Seats(door, { status: 'suspended' });
  await load(seats, { seats: [seatOf('a')] });
  expect(await seats.contents()).toEqual({ seats: [], waiters: [] });
  expect(await seats.beat('a', 'ses_a')).toMatchObject({ reason: 'license_suspended' });
});

describe('a pool is not this server’s any more', () => {
  test('after its keys were flushed', async () => {
    const seats = await givenPool(door);
    await redis().flushall();
    expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
  });

  test('after a promotion, though run id and keys are the same', async () => {
    const seats = await givenPool(door);
    await redis().replicaof('127.0.0.1', '1');
    await redis().replicaof('NO', 'ONE');
    expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
    await load(seats, {});
    expect(await seats.acquire('a')).toMatchObject({ word: 'GRANTED' });
  });

  test('after a restart without its data', async () => {
    const seats = await givenPool(door);
    await server.restart();
    expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
  });

  test('after a restart with its data, which may lack the last grants', async () => {
    const own = durable.door();
    const seats = await givenPool(own);
    const session = await seats.seatOf('a');
    await durable.server.restart();
    expect(await durable.redis().exists(...poolKeys(seats.pool).slice(0, 2))).toBe(2);
    expect(await seats.beat('a', session)).toEqual({ word: 'NO_POOL' });
    await seats.restore(2);
    expect(await seats.beat('a', session)).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  });
});

test('is collected as garbage after days only, and meta before the rest', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  const [meta = 0, held = 0] = await Promise.all(
    poolKeys(seats.pool)
      .slice(0, 2)
      .map((key) => redis().pttl(key)),
  );
  expect(meta).toBeGreaterThan(6 * 24 * 60 * 60 * 1000);
  expect(held).toBeGreaterThan(meta);
});

test('goes on when the server has forgotten the scripts', async () => {
  const seats = await givenPool(door);
  await redis().script('FLUSH');
  expect(await seats.acquire('a')).toMatchObject({ word: 'GRANTED' });
});
