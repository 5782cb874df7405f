import { describe, expect, test } from 'vitest';
import { givenPool, Seats, startSeatStage } from './given-seats.ts';

const stage = await startSeatStage();
const door = stage.door();
const poolOf = (config = {}) => givenPool(door, config);

describe('a limit', () => {
  test('that is raised is offered to those who wait, in their order', async () => {
    const seats = await poolOf();
    await seats.seatOf('a');
    for (const waiter of ['b', 'c', 'd']) await seats.placeOf(waiter);
    await seats.configure({ limit: 3 });
    const contents = await seats.contents();
    const offered = contents?.seats.filter(({ offer }) => offer);
    expect(offered?.map(({ instanceKey }) => instanceKey).sort()).toEqual(['b', 'c']);
    expect(contents?.waiters).toMatchObject([{ instanceKey: 'd' }]);
  });

  test('that is lowered takes no seat away, and grants none until the pool is below it', async () => {
    const seats = await poolOf({ limit: 3 });
    const ids = [await seats.seatOf('a'), await seats.seatOf('b'), await seats.seatOf('c')];
    await seats.configure({ limit: 1 });
    expect(await seats.beat('a', ids[0] ?? '')).toMatchObject({ usage: { used: 3, limit: 1 } });
    expect(await seats.acquire('b')).toMatchObject({ word: 'ATTACHED' });
    await seats.free('a', ids[0] ?? '');
    await seats.free('b', ids[1] ?? '');
    expect(await seats.acquire('d')).toMatchObject({ word: 'NO_SEATS', usage: { used: 1 } });
    await seats.free('c', ids[2] ?? '');
    expect(await seats.acquire('d')).toMatchObject({ word: 'GRANTED' });
  });

  test('reaches the pool with the next acquire when nobody pushed it', async () => {
    const seats = await poolOf();
    await seats.seatOf('a');
    seats.config = { ...seats.config, version: 2, limit: 2 };
    expect(await seats.acquire('b')).toMatchObject({ word: 'GRANTED', usage: { limit: 2 } });
  });
});

test('an older version changes nothing, whether it is pushed or comes with an acquire', async () => {
  const seats = await poolOf();
  await seats.seatOf('a');
  const old = { ...seats.config, limit: 9, status: 'suspended' as const };
  await seats.configure({ limit: 1 });
  expect(await door.configurePool(seats.pool, { config: old, terms: '' })).toMatchObject({
    word: 'STALE',
  });
  const { config } = seats;
  seats.config = old;
  expect(await seats.acquire('b')).toMatchObject({ word: 'NO_SEATS', usage: { limit: 1 } });
  seats.config = config;
});

test('the same version may be pushed twice', async () => {
  const seats = await poolOf();
  expect(await seats.tell()).toMatchObject({ word: 'CONFIGURED' });
});

describe.each(['suspended', 'revoked'] as const)('a license that is %s', (status) => {
  const reason = `license_${status}`;

  test('ends seats, offers and the queue in one step, without reports', async () => {
    const seats = await poolOf();
    const active = await seats.seatOf('a');
    const waiting = await seats.placeOf('b');
    expect(await seats.configure({ status })).toMatchObject({ word: 'CONFIGURED', dropped: [] });
    expect(await seats.contents()).toMatchObject({ seats: [], waiters: [] });
    expect(await seats.beat('a', active)).toMatchObject({ word: 'ENDED', reason });
    expect(await seats.poll('b', waiting)).toMatchObject({ word: 'ENDED', reason });
    expect(await seats.acquire('c')).toMatchObject({ word: 'BLOCKED', status });
  });

  test('gives nothing back when it is reinstated, and still says why', async () => {
    const seats = await poolOf();
    const active = await seats.seatOf('a');
    const waiting = await seats.placeOf('b');
    await seats.configure({ status });
    await seats.configure({ status: 'open' });
    expect(await seats.contents()).toMatchObject({ seats: [], waiters: [] });
    expect(await seats.beat('a', active)).toMatchObject({ word: 'ENDED', reason });
    expect(await seats.look('b', waiting)).toMatchObject({ state: { status: 'ended', reason } });
    expect(await seats.acquire('c')).toMatchObject({ word: 'GRANTED' });
  });

  test('reaches its sessions with an acquire when nobody pushed it', async () => {
    const seats = await poolOf();
    const active = await seats.seatOf('a');
    seats.config = { ...seats.config, version: 2, status };
    expect(await seats.acquire('a')).toMatchObject({ word: 'BLOCKED', status });
    expect(await seats.beat('a', active)).toMatchObject({ word: 'ENDED', reason });
  });

  test('forgets nothing that was dropped before and is not acknowledged', async () => {
    const seats = await poolOf();
    const sessionId = await seats.seatOf('a');
    stage.clock.now += 100;
    await seats.drop();
    expect(await seats.configure({ status })).toMatchObject({ dropped: [{ sessionId }] });
  });
});

test('each of two suspensions keeps its own reason', async () => {
  const seats = await poolOf();
  const first = await seats.seatOf('a');
  await seats.configure({ status: 'suspended' });
  await seats.configure({ status: 'open' });
  const second = await seats.seatOf('b');
  await seats.configure({ status: 'revoked' });
  expect(await seats.beat('a', first)).toMatchObject({ reason: 'license_suspended' });
  expect(await seats.beat('b', second)).toMatchObject({ reason: 'license_revoked' });
});

test('the work of a suspension does not grow with the pool', async () => {
  const seats = await poolOf({ limit: 2000 });
  const instances = Array.from({ length: 2000 }, (_, index) => `i${index}`);
  await Promise.all(instances.map((instance) => seats.seatOf(instance)));
  await stage.redis().config('RESETSTAT');
  await seats.configure({ status: 'suspended' });
  const calls = await stage.redis().info('commandstats');
  const total = [...calls.matchAll(/calls=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  expect(total).toBeLessThan(40);
  expect(await seats.contents()).toMatchObject({ seats: [], waiters: [] });
});

test('tenants with the same license id do not touch each other', async () => {
  const seats = await poolOf();
  const other = await poolOf();
  other.pool.licenseId = seats.pool.licenseId;
  await other.restore();
  await seats.acquire('a', { id: 'ses_ours' });
  await other.acquire('a', { id: 'ses_theirs' });
  await seats.configure({ status: 'revoked' });
  expect(await other.beat('a', 'ses_theirs')).toMatchObject({ word: 'RENEWED' });
  expect(await other.beat('a', 'ses_ours')).toMatchObject({ word: 'ENDED', reason: 'superseded' });
});

test('a pool that is not there is not made', async () => {
  expect(await new Seats(door).configure({ limit: 5 })).toEqual({ word: 'NO_POOL' });
});

test('a license that is over offers nothing until it is renewed', async () => {
  const seats = await poolOf({ validUntil: stage.clock.now + 10 });
  const [held, waiter] = [await seats.seatOf('a'), await seats.placeOf('b')];
  stage.clock.now += 10;
  await seats.free('a', held);
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'QUEUED', position: 1 });
  await seats.configure({ validUntil: null });
  expect(await seats.poll('b', waiter)).toMatchObject({ word: 'OFFERED' });
});
