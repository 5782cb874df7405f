import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { acquire, type AcquireOptions, type QueueProgress, type Seat } from '../../client/index.ts';
import { startLicenceServer, type GivenLicense } from './support/licence-server.ts';

const server = await startLicenceServer();

interface Waiter {
  seat: Promise<Seat>;
  /** Waits until the waiter was told this place. */
  place: (position: number) => Promise<QueueProgress>;
  places: number[];
}

function queueUp(license: GivenLicense, name: string, options: AcquireOptions = {}): Waiter {
  const told = new EventEmitter();
  const places: number[] = [];
  const seat = acquire({
    ...license.options,
    ...{ instanceKey: name, wait: true },
    onQueued: (progress) => {
      places.push(progress.position ?? 0);
      told.emit(`place ${progress.position ?? 0}`, progress);
    },
    ...options,
  });
  // Some tests only look at it later.
  seat.catch(() => undefined);
  const place = async (position: number) => {
    const [progress] = (await once(told, `place ${position}`, {
      signal: AbortSignal.timeout(20_000),
    })) as [QueueProgress];
    return progress;
  };
  return { seat, place, places };
}

test('waiters are told their place, move up, and get the seat in their order', async () => {
  const license = await server.givenLicense({ count: 1 });
  const holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const first = queueUp(license, 'first');
  expect(await first.place(1)).toMatchObject({ length: 1, seats: { used: 1, limit: 1 } });
  const second = queueUp(license, 'second');
  expect(await second.place(2)).toMatchObject({ length: 2 });

  const movedUp = second.place(1);
  await holder.release();
  const firstSeat = await first.seat;
  expect((await movedUp).position).toBe(1);
  expect(second.places).toEqual([2, 1]);

  await firstSeat.release();
  const secondSeat = await second.seat;
  expect(secondSeat.fence?.counter).toBe(3);
  await secondSeat.release();
  expect(await server.seatsOf(license)).toMatchObject({ used: 0, queued: 0 });
});

test('a waiter who aborts leaves the queue at once', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const leaving = new AbortController();
  const waiter = queueUp(license, 'waiter', { signal: leaving.signal });
  await waiter.place(1);
  expect(await server.seatsOf(license)).toMatchObject({ queued: 1 });

  leaving.abort(new Error('The user pressed Ctrl-C'));
  await expect(waiter.seat).rejects.toThrow('The user pressed Ctrl-C');
  expect(await server.seatsOf(license)).toMatchObject({ used: 1, queued: 0 });
});

test('an attempt that was aborted before it began asks nobody', async () => {
  const license = await server.givenLicense({ count: 1 });
  const signal = AbortSignal.abort(new Error('Never mind'));
  await expect(acquire({ ...license.options, signal })).rejects.toThrow('Never mind');
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('an attempt that is aborted while the server grants gives the seat back', async () => {
  const license = await server.givenLicense({ count: 1 });
  const leaving = new AbortController();
  const attempt = acquire({ ...license.options, signal: leaving.signal });
  leaving.abort(new Error('Too late'));
  await expect(attempt).rejects.toThrow('Too late');
  await using seat = await acquire({ ...license.options, instanceKey: 'next' });
  // Somebody was granted a seat before.
  expect(seat.fence?.counter).toBe(2);
});

test('who does not wait is refused while another process of the instance waits, and takes no place away', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const waiter = queueUp(license, 'shared');
  await waiter.place(1);
  await expect(acquire({ ...license.options, instanceKey: 'shared' })).rejects.toMatchObject({
    ...{ code: 'no_seats_available', conclusive: true, queueLength: 1 },
  });

  await holder.release();
  await (await waiter.seat).release();
});

test('a waiter whose place another process of its instance gave up queues again', async () => {
  const license = await server.givenLicense({ count: 1 });
  const holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const leaving = new AbortController();
  const quitter = queueUp(license, 'shared', { signal: leaving.signal });
  const first = await quitter.place(1);
  const stayer = queueUp(license, 'shared');
  expect((await stayer.place(1)).sessionId).toBe(first.sessionId);

  const again = stayer.place(1);
  leaving.abort();
  expect((await again).sessionId).not.toBe(first.sessionId);
  await holder.release();
  await (await stayer.seat).release();
});

test('a wait that is longer than the plan allows ends with the reason', async () => {
  const queue = { lengthMax: 5, waitMaxSeconds: 1, offerSeconds: 5, livenessSeconds: 5 };
  const license = await server.givenLicense({ count: 1, queue });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  await expect(queueUp(license, 'waiter').seat).rejects.toMatchObject({
    ...{ code: 'session_ended', reason: 'queue_timeout', conclusive: true },
  });
});

test('a waiter whom an administrator takes out does not queue again', async () => {
  const license = await server.givenLicense({ count: 1 });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const waiter = queueUp(license, 'waiter');
  const { sessionId } = await waiter.place(1);
  await server.forceRelease(license, sessionId);
  await expect(waiter.seat).rejects.toMatchObject({ code: 'session_ended', reason: 'forced' });
});

test('a full queue is a denial', async () => {
  const queue = { lengthMax: 1, waitMaxSeconds: 60, offerSeconds: 5, livenessSeconds: 5 };
  const license = await server.givenLicense({ count: 1, queue });
  await using _holder = await acquire({ ...license.options, instanceKey: 'holder' });
  const leaving = new AbortController();
  const waiter = queueUp(license, 'waiter', { signal: leaving.signal });
  await waiter.place(1);
  await expect(queueUp(license, 'too-many').seat).rejects.toMatchObject({ code: 'queue_full' });
  leaving.abort();
  await expect(waiter.seat).rejects.toThrow();
});
