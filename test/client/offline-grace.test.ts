/** A program that is cut off for longer than its lease, and what proves that it may go on. */
import { expect, test, vi } from 'vitest';
import { deadlineAfter, readClock } from '../../client/deadline.ts';
import { acquire, type Grace } from '../../client/index.ts';
import { countDown, warningsOf } from '../../client/offline-grace.ts';
import { eventually } from '../support/eventually.ts';
import { givenRoot } from '../support/roots.ts';
import { startFaultyNetwork } from './support/faulty-network.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer } from './support/licence-server.ts';
import { startSigningProxy } from './support/signing-proxy.ts';

const server = await startLicenceServer();
const root = givenRoot(1);
const roots = { keys: [root.jwk] };
const hourMs = 3_600_000;

/** A seat whose tokens give the seconds of grace, behind a wire that can be cut. */
async function givenCutOffSeat(graceSeconds: number) {
  const license = await server.givenLicense({ count: 1, leaseSeconds: 5, heartbeatSeconds: 1 });
  const { product } = license.options;
  const proxy = await startSigningProxy({ url: server.url, product }, root);
  proxy.grantGrace(graceSeconds);
  const network = await startFaultyNetwork({ port: Number(new URL(proxy.url).port) });
  const seat = await acquire({ ...license.options, url: network.url, roots });
  const graces: Grace[] = [];
  seat.on('grace', (grace) => graces.push(grace));
  network.cut();
  const end = async () => {
    network.heal();
    await seat.release();
    await network[Symbol.asyncDispose]();
    await proxy[Symbol.asyncDispose]();
  };
  return { license, seat, network, graces, [Symbol.asyncDispose]: end };
}

test.concurrent(
  'a lease that is over leaves the grace of its token, and then nothing',
  async () => {
    await using given = await givenCutOffSeat(4);
    const { seat, graces } = given;
    const over = happens(seat, 'expired');
    expect(await happens(seat, 'grace')).toMatchObject({ error: { code: 'unreachable' } });
    expect(seat.state).toBe('grace');
    await seat.confirm();
    expect(seat.signal.aborted).toBe(false);
    expect(await over).toMatchObject({ conclusive: false });
    expect(seat.state).toBe('expired');
    await expect(seat.confirm()).rejects.toMatchObject({ code: 'unreachable', conclusive: false });
    expect(graces).toHaveLength(4);
    const [first, ...later] = graces.map(({ leftMs }) => leftMs);
    expect(first).toBeGreaterThan(0);
    expect([first, ...later].toSorted((a = 0, b = 0) => b - a)).toEqual([first, ...later]);
    expect(graces[0]?.until.getTime()).toBe((seat.leaseToken?.claims.exp ?? 0) * 1000);
  },
);

test.concurrent('a beat that is answered ends the grace', async () => {
  await using given = await givenCutOffSeat(3_600);
  const { seat, network, graces } = given;
  await happens(seat, 'grace');
  const renewed = happens(seat, 'renewed');
  network.heal();
  await seat.confirm();
  expect((await renewed).recovered).toBe(true);
  expect(seat.state).toBe('online');
  expect(graces).toHaveLength(1);
});

test.concurrent(
  'who comes back to find its seat with another goes on, and waits for the next one',
  async () => {
    await using given = await givenCutOffSeat(3_600);
    const { seat, network, license, graces } = given;
    const { sessionId } = seat;
    await happens(seat, 'grace');
    const next = await acquire({ ...license.options, instanceKey: 'next', wait: true });
    const landing = happens(seat, 'grace');
    network.heal();
    await seat.confirm();
    expect(await landing).toMatchObject({ error: { code: 'session_ended', conclusive: false } });
    expect(seat.state).toBe('grace');
    expect(seat.signal.aborted).toBe(false);
    await eventually(async () => (await server.seatsOf(license)).queued === 1);
    await seat.confirm();

    const renewed = happens(seat, 'renewed');
    await next.release();
    expect((await renewed).recovered).toBe(true);
    expect(seat.state).toBe('online');
    expect(seat.sessionId).not.toBe(sessionId);
    expect(graces).toHaveLength(2);
    expect(await server.seatsOf(license)).toMatchObject({ used: 1, queued: 0 });
  },
);

test.concurrent(
  'who waits for another seat in its grace gives up the place at its end',
  async () => {
    await using given = await givenCutOffSeat(3_600);
    const { seat, network, license } = given;
    await happens(seat, 'grace');
    await using _next = await acquire({ ...license.options, instanceKey: 'next', wait: true });
    network.heal();
    await seat.confirm();
    await eventually(async () => (await server.seatsOf(license)).queued === 1);
    await seat.release();
    await eventually(async () => (await server.seatsOf(license)).queued === 0);
  },
);

test.concurrent('a license that was taken away meanwhile ends the seat, grace or not', async () => {
  await using given = await givenCutOffSeat(3_600);
  const { seat, network, license } = given;
  await happens(seat, 'grace');
  await server.suspend(license);
  const lost = happens(seat, 'lost');
  network.heal();
  void seat.confirm().catch(() => undefined);
  expect((await lost).error).toMatchObject({ conclusive: true });
  expect(seat.signal.aborted).toBe(true);
});

test('a grace is warned of by its shares, a long one two days before its end too', () => {
  const day = 24 * hourMs;
  expect(warningsOf(100 * hourMs).map(inHours)).toEqual([50, 48, 20, 5]);
  expect(warningsOf(day).map(inHours)).toEqual([12, 4.8, 1.2]);
});

test('warnings come when they are due, once, and none after the end', () => {
  using given = givenCountDown(10);
  vi.advanceTimersByTime(11 * hourMs);
  expect(given.told).toEqual([10, 5, 2, 0.5, -1]);
});

test('what was slept through is told once', () => {
  using given = givenCountDown(10);
  vi.setSystemTime(Date.now() + 9 * hourMs);
  vi.advanceTimersByTime(10_000);
  expect(given.told.map(Math.round)).toEqual([10, 1]);
  given.cancel();
  vi.advanceTimersByTime(2 * hourMs);
  expect(given.told).toHaveLength(2);
});

/** A grace of so many hours on clocks that the test moves: the hours left at each warning, -1 at its end. */
function givenCountDown(hours: number) {
  vi.useFakeTimers();
  const end = deadlineAfter(readClock(), hours * hourMs);
  const told: number[] = [];
  const tell = { warn: () => told.push(inHours(end.leftMs())), over: () => told.push(-1) };
  const cancel = countDown(end, { keepAlive: false, ...tell });
  return { told, cancel, [Symbol.dispose]: () => vi.useRealTimers() };
}

function inHours(ms: number): number {
  return Math.round((ms / hourMs) * 10) / 10;
}
