import { describe, expect, test } from 'vitest';
import { poolKeys } from '../../lua/keys.ts';
import type { RestorePool } from '../../lua/scripts.ts';
import { eventually } from '../support/eventually.ts';
import { figures, givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage({ durable: true });
const door = stage.door();

/** One chunk; all of it is the first and the last unless said otherwise. */
function load(seats: Seats, chunk: Partial<RestorePool> & { epoch: number }) {
  const { pool, config, terms } = seats;
  const whole = { first: true, last: true, config, terms, seats: [], waiters: [], devices: [] };
  return door.restorePool(pool, { ...whole, ...chunk });
}

const seat = (name: string, counter: number, isShared = false) => ({
  sessionId: `ses_${name}`,
  instanceKey: name,
  fence: { epoch: 1, counter },
  isShared,
  device: `device of ${name}`,
  keepsRights: true,
  rightsMs: figures.leaseMs + figures.graceMs,
});
const waiter = (name: string, epoch: number, n: number) => ({
  sessionId: `ses_${name}`,
  instanceKey: name,
  ticket: { epoch, n },
});

async function givenRestored(chunk: Partial<RestorePool>, config = {}): Promise<Seats> {
  const seats = new Seats(door, config);
  await load(seats, { epoch: 5, ...chunk });
  return seats;
}

describe('the pool is not there', () => {
  test('after a wipe', async () => {
    const seats = await givenPool(door);
    await stage.server.flush();
    expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
    expect(await seats.contents()).toBeNull();
  });

  test('after a restart that kept the data: the last grants may be missing', async () => {
    const seats = await givenPool(door);
    const sessionId = await seats.seatOf('a');
    await stage.server.restart();
    await eventually(async () => {
      expect(await seats.beat('a', sessionId)).toEqual({ word: 'NO_POOL' });
    });
    expect(await seats.acquire('b')).toEqual({ word: 'NO_POOL' });
  });

  test('after a crash', async () => {
    const seats = await givenPool(door);
    await stage.server.kill();
    await stage.server.restart();
    await eventually(async () => {
      expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
    });
  });

  test('after a promotion: the run is the same, the data are not', async () => {
    const seats = await givenPool(door);
    await stage.redis().replicaof('127.0.0.1', '1');
    await stage.redis().replicaof('NO', 'ONE');
    expect(await seats.acquire('a')).toEqual({ word: 'NO_POOL' });
  });

  test('between the first chunk of a restore and the last', async () => {
    const seats = await givenPool(door);
    const sessionId = await seats.seatOf('a');
    await load(seats, { epoch: 2, last: false, seats: [seat('b', 1)] });
    expect(await seats.beat('a', sessionId)).toEqual({ word: 'NO_POOL' });
    expect(await seats.acquire('c')).toEqual({ word: 'NO_POOL' });
    expect(await seats.configure({ limit: 2 })).toEqual({ word: 'NO_POOL' });
    expect(await seats.contents()).toBeNull();
    await load(seats, { epoch: 2, first: false, seats: [seat('c', 2)] });
    expect((await seats.contents())?.seats).toHaveLength(2);
  });
});

describe('of several restores', () => {
  test('an older epoch is refused and changes nothing', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)] });
    expect(await load(seats, { epoch: 4 })).toEqual({ word: 'STALE_EPOCH' });
    expect((await seats.contents())?.seats).toHaveLength(1);
  });

  test('only the one with the highest epoch finishes when they interleave', async () => {
    const seats = new Seats(door, { limit: 5 });
    await load(seats, { epoch: 7, last: false, seats: [seat('old', 1)] });
    await load(seats, { epoch: 8, last: false, seats: [seat('a', 1)] });
    expect(await load(seats, { epoch: 7, first: false, seats: [seat('late', 2)] })).toEqual({
      word: 'STALE_EPOCH',
    });
    await load(seats, { epoch: 8, first: false, seats: [seat('b', 2)] });
    const held = (await seats.contents())?.seats.map(({ instanceKey }) => instanceKey);
    expect(held?.sort()).toEqual(['a', 'b']);
    expect(await seats.beat('old', 'ses_old')).toMatchObject({ word: 'ENDED' });
  });

  test('one that was over cannot go on: seats may have been granted since', async () => {
    const seats = await givenRestored({});
    await seats.seatOf('a');
    const late = { epoch: 5, first: false, last: false, seats: [seat('late', 2)] };
    expect(await load(seats, late)).toEqual({ word: 'STALE_EPOCH' });
    expect((await seats.contents())?.seats).toHaveLength(1);
  });

  test('one whose last answer was lost may repeat it without undoing what came after', async () => {
    const seats = await givenRestored({});
    const sessionId = await seats.seatOf('a');
    await load(seats, { epoch: 5 });
    expect(await seats.beat('a', sessionId)).toMatchObject({ word: 'RENEWED' });
  });
});

describe('a restored seat', () => {
  test('keeps its session and fence, and a new grant gets a higher fence', async () => {
    const seats = await givenRestored({ seats: [seat('a', 900)] }, { limit: 2 });
    expect(await seats.beat('a', 'ses_a')).toMatchObject({
      word: 'RENEWED',
      forward: false,
      fence: { epoch: 1, counter: 900 },
    });
    expect(await seats.acquire('b')).toMatchObject({ epoch: 5, fence: { epoch: 5, counter: 1 } });
  });

  test('has a fresh lease, and lapses when nobody beats', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)] });
    stage.clock.now += figures.leaseMs;
    expect(await seats.drop()).toMatchObject({
      dropped: [{ sessionId: 'ses_a', reason: 'lapsed' }],
    });
  });

  test('adopts holders that beat within that lease, and none after', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1, true)] });
    stage.clock.now += figures.leaseMs - 1;
    expect(await seats.beat('a', 'ses_a', 'x')).toMatchObject({ word: 'RENEWED' });
    stage.clock.now += 1;
    expect(await seats.beat('a', 'ses_a', 'y')).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
    expect(await seats.beat('a', 'ses_a', 'x')).toMatchObject({ word: 'RENEWED' });
  });

  test('is not revived after that lease by a holder that never beat within it', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)] });
    stage.clock.now += figures.leaseMs;
    expect(await seats.beat('a', 'ses_a')).toMatchObject({ word: 'ENDED', reason: 'lapsed' });
  });

  test('is free at once when its only holder leaves, whether or not it beat before', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1), seat('b', 2)] }, { limit: 2 });
    await seats.beat('b', 'ses_b');
    expect(await seats.leave('a', 'ses_a')).toMatchObject({ word: 'LAST' });
    expect(await seats.leave('b', 'ses_b')).toMatchObject({ word: 'LAST' });
  });

  test('stays with a first holder that is silent when a second comes and leaves', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)] });
    await seats.acquire('a', { holder: 'second' });
    expect(await seats.leave('a', 'ses_a', 'second')).toMatchObject({ word: 'HELD' });
    expect(await seats.beat('a', 'ses_a', 'first')).toMatchObject({ word: 'RENEWED' });
  });

  test('that was shared stays for its lease when one leaves: others may still be there', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1, true)] });
    expect(await seats.leave('a', 'ses_a', 'x')).toMatchObject({
      word: 'HELD',
      leaseUntil: stage.clock.now + figures.leaseMs,
    });
    expect(await seats.beat('a', 'ses_a', 'y')).toMatchObject({ word: 'RENEWED' });
  });

  test('counts even beyond the limit, and nothing is granted until the pool is below it', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1), seat('b', 2)] });
    expect(await seats.acquire('c')).toMatchObject({
      word: 'NO_SEATS',
      usage: { used: 2, limit: 1 },
    });
    await seats.free('a', 'ses_a');
    expect(await seats.acquire('c')).toMatchObject({ word: 'NO_SEATS', usage: { used: 1 } });
  });
});

describe('restored waiters', () => {
  test('keep the order of their tickets, and come before whoever queues after', async () => {
    const seats = await givenRestored(
      { seats: [seat('a', 1)], waiters: [waiter('c', 3, 2), waiter('b', 3, 1)] },
      { queueMax: 9 },
    );
    expect(await seats.acquire('d', { wait: true })).toMatchObject({ position: 3, length: 3 });
    expect(await seats.poll('b', 'ses_b')).toMatchObject({ position: 1 });
    expect(await seats.poll('c', 'ses_c')).toMatchObject({ position: 2 });
  });

  test('keep it through a second restore under a later epoch', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)], waiters: [waiter('b', 3, 41)] });
    const reply = await seats.acquire('c', { wait: true });
    if (reply.word !== 'QUEUED') throw new Error(reply.word);
    const later = { sessionId: reply.sessionId, instanceKey: 'c', ticket: reply.ticket };
    await load(seats, { epoch: 6, seats: [seat('a', 1)], waiters: [later, waiter('b', 3, 41)] });
    expect((await seats.contents())?.waiters.map(({ instanceKey }) => instanceKey)).toEqual([
      'b',
      'c',
    ]);
  });

  test('are alive for one liveness, and dropped when they do not ask', async () => {
    const seats = await givenRestored({ seats: [seat('a', 1)], waiters: [waiter('b', 3, 1)] });
    stage.clock.now += figures.livenessMs;
    expect(await seats.drop()).toMatchObject({
      dropped: [{ sessionId: 'ses_b', reason: 'lapsed' }],
    });
  });

  test('are offered a seat that is free', async () => {
    const seats = await givenRestored({ waiters: [waiter('b', 3, 1)] });
    expect(await seats.poll('b', 'ses_b')).toMatchObject({ word: 'OFFERED' });
  });
});

test('reports of before are forgotten: their rows are open, so they are restored', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  stage.clock.now += figures.leaseMs;
  await seats.drop();
  await load(seats, { epoch: 2, seats: [seat('a', 1)] });
  expect(await seats.drop()).toMatchObject({ dropped: [], usage: { used: 1 } });
});

test('a suspended license is restored without seats', async () => {
  const seats = new Seats(door, { status: 'suspended' });
  await load(seats, { epoch: 5, seats: [seat('a', 1)] });
  expect(await seats.contents()).toMatchObject({ seats: [], waiters: [] });
  expect(await seats.beat('a', 'ses_a')).toMatchObject({ reason: 'license_suspended' });
});

test('a chunk of more than 500 sessions is refused before it is sent', async () => {
  const many = Array.from({ length: 501 }, (_, index) => seat(`i${index}`, index));
  await expect(async () => load(new Seats(door), { epoch: 5, seats: many })).rejects.toThrow('500');
});

test('a pool is collected as garbage after days only, and its meta before its seats', async () => {
  const seats = await givenPool(door);
  await seats.seatOf('a');
  const [meta = '', held = ''] = poolKeys(seats.pool);
  const [metaMs, heldMs] = [await stage.redis().pttl(meta), await stage.redis().pttl(held)];
  expect(metaMs).toBeGreaterThan(6 * 24 * 60 * 60 * 1000);
  expect(heldMs).toBeGreaterThan(metaMs);
});
