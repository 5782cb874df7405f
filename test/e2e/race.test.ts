/** Many clients race for few seats over HTTP, and a checker goes through the history of who held when. */
import { describe, expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  givenLicense,
  release,
  show,
  tryAcquire,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { mostHeldAtOnce, type HeldInterval } from '../support/held-intervals.ts';

const seats = 50;
const clients = 300;
const rounds = 10;
/** Every so many waiters, one gives its place up. */
const leavingEvery = 10;

const api = await startTestApi();
const policy = { leaseSeconds: 120, heartbeatSeconds: 30 };

test('the checker sees one seat too many', () => {
  const held = { from: 1, to: 3 };
  expect(mostHeldAtOnce([held, { from: 3, to: 4 }])).toBe(1);
  expect(mostHeldAtOnce([held, { from: 2, to: 4 }])).toBe(2);
});

describe(`${clients} clients and ${seats} seats`, () => {
  test(`are granted at most ${seats} at once, in the order of their tickets, ${rounds} times over`, async () => {
    const license = await givenLicense(api, { seats, policy });
    for (let round = 0; round < rounds; round += 1) await race(license, round);
    await expectTicketOrder(license);
  }, 240_000);
});

test('one seat goes through the queue in exactly the order of the tickets', async () => {
  const license = await givenLicense(api, { seats: 1, policy });
  const holder = await acquire(license);
  const waiters: GivenSession[] = [];
  for (let n = 0; n < 20; n += 1) waiters.push(await acquire(license, { wait: true }));
  const order: string[] = [];
  const served = waiters.map(async (waiter) => {
    const seat = await takeOffer(waiter);
    order.push(seat.id);
    await release(seat);
  });
  await release(holder);
  await Promise.all(served);
  expect(order).toEqual(waiters.map(({ id }) => id));
}, 60_000);

/** One round: everybody wants a seat, holders make room while somebody waits, then all leave. */
async function race(license: GivenLicense, round: number): Promise<void> {
  const intervals: HeldInterval[] = [];
  const first = await Promise.all(
    Array.from({ length: clients }, (_, n) =>
      acquire(license, { instance: `round-${round}-client-${n}`, wait: true }),
    ),
  );
  const granted = first.filter(({ httpStatus }) => httpStatus === 201);
  const waiting = first.filter(({ httpStatus }) => httpStatus === 202);
  expect([granted.length, waiting.length]).toEqual([seats, clients - seats]);
  expect(await seatsTaken(license)).toBe(seats);
  const answer = await tryAcquire(license, { instance: `round-${round}-newcomer` });
  expect(answer.status).toBe(409);

  const leaving = waiting.filter((_, n) => n % leavingEvery === 0);
  const staying = waiting.filter((_, n) => n % leavingEvery !== 0);
  let unserved = staying.length;
  const held: GivenSession[] = [];
  const hold = async (session: GivenSession) => {
    const interval = { from: performance.now(), to: Infinity };
    intervals.push(interval);
    // The last ones keep theirs, so that the pool can be looked at when it is quiet and full.
    if (unserved === 0) {
      held.push(session);
      return;
    }
    unserved -= 1;
    interval.to = performance.now();
    await release(session);
  };
  await Promise.all([
    ...granted.map(hold),
    ...leaving.map(release),
    ...staying.map(async (waiter) => hold(await takeOffer(waiter))),
  ]);
  expect(held).toHaveLength(seats);
  expect(await seatsTaken(license)).toBe(seats);
  expect(mostHeldAtOnce(intervals)).toBeLessThanOrEqual(seats);
  await Promise.all(held.map(release));
  expect(await eventually(async () => (await seatsTaken(license)) === 0)).toBe(true);
}

/** Waits for the offer as a client does, and takes it. */
async function takeOffer(waiter: GivenSession): Promise<GivenSession> {
  for (;;) {
    const { status } = await show(waiter, { wait: 25 });
    if (status === 'queued') continue;
    expect(status).toBe('offered');
    const seat = await acquire(waiter.license, { instance: waiter.instanceKey });
    expect(seat).toMatchObject({ id: waiter.id, httpStatus: 201 });
    return seat;
  }
}

/** Seats and offers by the store that decides. */
async function seatsTaken(license: GivenLicense): Promise<number> {
  const contents = await api.deps.seats.readPool(license);
  return contents?.seats.length ?? 0;
}

/**
 * Offers are made in the order of tickets, and no more are out than there are seats. So whoever is
 * granted as the n-th of the queue had at most n + seats tickets before it that were still alive.
 */
async function expectTicketOrder(license: GivenLicense): Promise<void> {
  const rows = await api.deps.systemDb
    .selectFrom('sessions')
    .select(['ticketEpoch', 'ticketN', 'fenceEpoch', 'fenceCounter'])
    .where('licenseId', '=', license.licenseId)
    .where('ticketN', 'is not', null)
    .where('fenceCounter', 'is not', null)
    .execute();
  const byTicket = rows.toSorted((a, b) => Number(a.ticketN) - Number(b.ticketN));
  const byFence = rows.toSorted((a, b) => Number(a.fenceCounter) - Number(b.fenceCounter));
  expect(rows.length).toBe(rounds * Math.floor((clients - seats) * (1 - 1 / leavingEvery)));
  expect(new Set(rows.map(({ fenceCounter }) => fenceCounter)).size).toBe(rows.length);
  for (const [index, row] of byFence.entries()) {
    expect(byTicket.indexOf(row)).toBeLessThan(index + seats);
  }
}
