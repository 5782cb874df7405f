import { describe, expect, test } from 'vitest';
import { figures, givenPool, startSeatStage, type Seats } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();
const { leaseMs, graceMs } = figures;

/** By default two seats and no allowance: two devices may go on offline. */
const poolOf = (config = {}) => givenPool(door, { limit: 2, offlineAllowance: 0, ...config });
const rightsOf = async (seats: Seats) => (await seats.contents())?.rights;
const untilNow = () => stage.clock.now + leaseMs + graceMs;

describe('a grant', () => {
  test('has offline rights for lease and grace', async () => {
    const seats = await poolOf();
    expect(await seats.acquire('a')).toMatchObject({ word: 'GRANTED', hardUntil: untilNow() });
    expect(await rightsOf(seats)).toBe(1);
  });

  test('beyond seats and allowance is online-only, and holds nothing', async () => {
    const seats = await poolOf({ limit: 1, overdraft: 1 });
    await seats.seatOf('a');
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', hardUntil: null });
    expect(await rightsOf(seats)).toBe(1);
  });

  test('to a device that has rights counts once', async () => {
    const seats = await poolOf({ limit: 3 });
    for (const instance of ['a', 'b', 'c']) {
      await seats.acquire(instance, { device: 'one' });
    }
    expect(await rightsOf(seats)).toBe(1);
  });

  test('finds room again once others’ rights are over', async () => {
    const seats = await poolOf({ limit: 1 });
    await seats.seatOf('a');
    stage.clock.now += leaseMs;
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', hardUntil: null });
    stage.clock.now += leaseMs + graceMs;
    expect(await seats.acquire('c')).toMatchObject({ word: 'GRANTED', hardUntil: untilNow() });
  });
});

describe('a beat', () => {
  test('asks for a token once its end has moved by a twentieth of the grace', async () => {
    const seats = await poolOf();
    const id = await seats.seatOf('a');
    const first = untilNow();
    stage.clock.now += graceMs / 20 - 1;
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: false, hardUntil: first });
    stage.clock.now += 1;
    expect(await seats.beat('a', id)).toMatchObject({
      ...{ mustSign: true, hardUntil: untilNow(), terms: 'terms' },
    });
  });

  test('asks for a token when the terms or the key are others, and not when only the limit is', async () => {
    const seats = await poolOf();
    const id = await seats.seatOf('a');
    await seats.configure({ limit: 5 });
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: false });
    seats.terms = 'other';
    await seats.configure({});
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: true, terms: 'other' });
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: false });
    seats.signer = 'next';
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: true });
  });

  test('asks for a token when its holder has lost the last one, and counts what it gives right to', async () => {
    const seats = await poolOf();
    const id = await seats.seatOf('a');
    stage.clock.now += 1;
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: false });
    const again = { mustSign: true, hardUntil: untilNow(), terms: 'terms' };
    expect(await seats.beatWithoutToken('a', id)).toMatchObject(again);
    expect(await seats.beat('a', id)).toMatchObject({ mustSign: false, hardUntil: untilNow() });
    stage.clock.now += leaseMs + graceMs - 1;
    expect(await rightsOf(seats)).toBe(1);
  });

  test('asks for none, and moves no rights, while no key signs', async () => {
    const seats = await poolOf();
    seats.signer = '';
    const id = await seats.seatOf('a');
    const first = untilNow();
    stage.clock.now += 1;
    expect(await seats.beatWithoutToken('a', id)).toMatchObject({
      ...{ mustSign: false, hardUntil: first },
    });
  });

  test('gives each process of a session its own token', async () => {
    const seats = await poolOf();
    const id = await seats.seatOf('a', 'x');
    await seats.acquire('a', { holder: 'y' });
    stage.clock.now += 50;
    expect(await seats.beat('a', id, 'x')).toMatchObject({ mustSign: true });
    expect(await seats.beat('a', id, 'y')).toMatchObject({ mustSign: true });
  });

  test('of an online-only session gains rights when there is room and they are on record', async () => {
    const seats = await poolOf({ limit: 1, overdraft: 1 });
    const first = await seats.seatOf('a');
    const id = await seats.seatOf('b');
    const none = { hardUntil: null, mustSign: true, offeredRightsMs: null };
    expect(await seats.beat('b', id)).toMatchObject(none);
    await leaveLast(seats, first);
    await seats.free('a', first, 'released', 'discard');
    const offer = {
      hardUntil: null,
      mustSign: true,
      offeredRightsMs: leaseMs + graceMs,
      offeredUnder: 1,
    };
    expect(await seats.beat('b', id)).toMatchObject(offer);
    expect(await seats.beat('b', id)).toMatchObject(offer);
    expect(await seats.beat('b', id, 'main', 'recorded')).toMatchObject({
      ...{ hardUntil: untilNow(), mustSign: true, offeredRightsMs: null },
    });
    expect(await seats.beat('b', id)).toMatchObject({ hardUntil: untilNow(), mustSign: false });
  });
});

describe('after the end', () => {
  test.each([
    ['stay when the session keeps them', true, 'released', 1],
    ['are given back when it does not', false, 'released', 0],
    ['stay when somebody else ended it: the token is out', false, 'forced', 1],
  ] as const)('rights %s', async (_, keepsRights, reason, left) => {
    const seats = await poolOf();
    await seats.acquire('a', { id: 'ses_a', keepsRights });
    const { hardUntil } = await leaveLast(seats, 'ses_a');
    if (reason === 'released') expect(hardUntil).toBe(left === 1 ? untilNow() : null);
    await seats.free('a', 'ses_a', reason);
    expect(await rightsOf(seats)).toBe(left);
  });

  test('what other sessions of the device have stays', async () => {
    const seats = await poolOf();
    await seats.acquire('a', { id: 'ses_a', device: 'one' });
    await seats.acquire('b', { id: 'ses_b', device: 'one', keepsRights: false });
    await seats.free('a', 'ses_a', 'forced');
    await leaveLast(seats, 'ses_b', 'b');
    await seats.free('b', 'ses_b');
    expect(await rightsOf(seats)).toBe(1);
  });

  test('what a silent process has stays, though another leaves cleanly', async () => {
    const seats = await poolOf();
    await seats.acquire('a', { id: 'ses_a', holder: 'silent', keepsRights: false });
    const silentUntil = untilNow();
    stage.clock.now += 60;
    await seats.acquire('a', { holder: 'main', keepsRights: false });
    stage.clock.now += 60;
    expect(await leaveLast(seats, 'ses_a')).toMatchObject({ hardUntil: silentUntil });
  });

  test('a report of a lapse says until when they stay', async () => {
    const seats = await poolOf();
    await seats.seatOf('a');
    const hardUntil = untilNow();
    stage.clock.now += leaseMs;
    expect(await seats.drop()).toMatchObject({ dropped: [{ reason: 'lapsed', hardUntil }] });
  });
});

async function leaveLast(seats: Seats, id: string, instance = 'a') {
  const reply = await seats.leave(instance, id);
  if (reply.word !== 'LAST') throw new Error(`Leaving was answered ${reply.word}`);
  return reply;
}

test('a pool that another release configured is not held: it is restored', async () => {
  const seats = await poolOf();
  const id = await seats.seatOf('a');
  const { tenantId, licenseId } = seats.pool;
  const meta = `lh:{${tenantId}:${licenseId}}:meta`;
  await stage.redis().hset(meta, 'config', '1 2 0 open - 1 1 1 1 1 1 1 1');
  expect(await seats.beat('a', id)).toEqual({ word: 'NO_POOL' });
});
