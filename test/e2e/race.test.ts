/** Seats under contention, over HTTP: what clients saw is written down and judged afterwards. */
import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  givenLicense,
  heartbeat,
  problemOf,
  release,
  show,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { expectAgreement, expectSound, readStores } from '../support/ledger.ts';

const api = await startTestApi({ environment: { DATABASE_POOL_SIZE: '20' } });

/** A seat as its client saw it, in milliseconds of the test's clock. */
interface Hold {
  session: GivenSession;
  fence: number;
  /** When the request that brought the seat was sent, and when its answer had come. */
  askedAt: number;
  grantedAt: number;
  /** When the client was about to give it back, or knew that it would lapse. */
  leftAt: number;
}

/** Asks for a seat and writes down what came of it; undefined when the client has to wait. */
async function take(
  license: GivenLicense,
  instance: string,
): Promise<{ session: GivenSession; hold?: Hold }> {
  const askedAt = performance.now();
  const session = await acquire(license, { instance, wait: true });
  expect(session.session.seats?.used).toBeLessThanOrEqual(50);
  if (session.session.status !== 'active') return { session };
  const fence = session.session.fence?.counter ?? 0;
  const grantedAt = performance.now();
  return { session, hold: { session, fence, askedAt, grantedAt, leftAt: Infinity } };
}

/** Waits until the seat is there, or null when the wait is ended. */
async function waitForSeat(license: GivenLicense, session: GivenSession): Promise<Hold | null> {
  for (;;) {
    const seen = await show(session, { wait: 25 });
    if (seen.status === 'queued') continue;
    if (seen.status === 'ended') return null;
    const { hold } = await take(license, session.instanceKey);
    if (hold !== undefined) return hold;
  }
}

/** Most seats that were certainly held at the same time. */
function mostHeldAtOnce(history: readonly Hold[]): number {
  const changes = history
    .flatMap(({ grantedAt, leftAt }) => [
      { at: grantedAt, by: 1 },
      { at: leftAt, by: -1 },
    ])
    .toSorted((one, other) => one.at - other.at || one.by - other.by);
  let held = 0;
  return Math.max(...changes.map(({ by }) => (held += by)));
}

/** Whether each grant has a higher fence than every grant that was over before it was asked for. */
function fencesRise(history: readonly Hold[]): boolean {
  return history.every((hold) =>
    history.every((earlier) => earlier.grantedAt >= hold.askedAt || earlier.fence < hold.fence),
  );
}

/** Whether all who got a seat had stood before all who still wait. */
async function servedInOrder(license: GivenLicense): Promise<boolean> {
  const { rows } = await readStores(license);
  const tickets = rows.flatMap(({ ticketN, grantedAt, endedAt }) =>
    ticketN === null ? [] : [{ ticketN, served: grantedAt !== null, waits: endedAt === null }],
  );
  const served = tickets.filter((ticket) => ticket.served).map(({ ticketN }) => ticketN);
  const waiting = tickets.filter((ticket) => !ticket.served && ticket.waits);
  return Math.max(0, ...served) < Math.min(Infinity, ...waiting.map(({ ticketN }) => ticketN));
}

test('300 clients, 50 seats, 10 rounds: never more are held, none stays idle, nobody is passed', async () => {
  const license = await givenLicense(api, { seats: 50 });
  const history: Hold[] = [];
  const holders = new Map<string, Hold>();
  const waiting: Promise<void>[] = [];
  const faults: unknown[] = [];

  async function enter(instance: string): Promise<void> {
    const { session, hold } = await take(license, instance);
    if (hold === undefined) waiting.push(waitForSeat(license, session).then(sit, fail));
    else sit(hold);
  }
  function fail(error: unknown): void {
    faults.push(error);
  }
  function sit(hold: Hold | null): void {
    if (hold === null) return;
    history.push(hold);
    holders.set(hold.session.instanceKey, hold);
  }
  /** Every fifth dies without a word, the others give back; all stand in line again at once. */
  async function leave(hold: Hold, nth: number): Promise<void> {
    const { session } = hold;
    holders.delete(session.instanceKey);
    hold.leftAt = performance.now();
    if (nth % 5 === 0) await afterLeaseLapses(session);
    else await release(session);
    await enter(session.instanceKey);
  }
  async function untilQuiet(): Promise<void> {
    await eventually(
      async () => {
        const pool = await api.deps.seats.readPool(license);
        expect({ seats: pool?.seats.length, waiters: pool?.waiters.length }).toEqual({
          seats: 50,
          waiters: 250,
        });
        expect(holders.size).toBe(50);
      },
      { withinMs: 60_000 },
    );
  }

  await Promise.all(Array.from({ length: 300 }, (_, n) => enter(`client-${n}`)));
  await untilQuiet();
  for (let round = 0; round < 10; round += 1) {
    await Promise.all([...holders.values()].map(leave));
    await untilQuiet();
    expect(await servedInOrder(license)).toBe(true);
  }

  expect(history.length).toBe(50 + 10 * 50);
  expect(mostHeldAtOnce(history)).toBe(50);
  expect(fencesRise(history)).toBe(true);
  await expectSound(license, 50);
  await expectAgreement(license);
  await api.asOperator('POST', `/v1/licenses/${license.licenseId}/suspend`, {
    body: { reason: 'Over' },
  });
  await Promise.all(waiting);
  expect(faults).toEqual([]);
  expect(history.length).toBe(50 + 10 * 50);
}, 120_000);

test('a wipe while 50 sessions beat: all keep their seats, and there are none too many', async () => {
  const license = await givenLicense(api, { seats: 50 });
  const sessions = await acquireMany(license, 50);
  await withBeats(sessions, async () => {
    for (let wipe = 0; wipe < 3; wipe += 1) {
      await api.redis.flush();
      await eventually(() => Promise.all(sessions.map(heartbeat)));
      expect((await tryAcquire(license)).status).toBe(409);
    }
  });
  await expectAllKept(license, sessions);
});

test('a restart of Redis while 50 sessions beat: all keep their seats, and there are none too many', async () => {
  const license = await givenLicense(api, { seats: 50 });
  const sessions = await acquireMany(license, 50);
  await withBeats(sessions, async () => {
    await api.redis.restart();
    await eventually(() => Promise.all(sessions.map(heartbeat)), { withinMs: 20_000 });
  });
  await expectAllKept(license, sessions);
});

/** Beats for every session, over and over, while something is done to the server. */
async function withBeats(
  sessions: readonly GivenSession[],
  work: () => Promise<void>,
): Promise<void> {
  const codes = new Map<string, number>();
  let isOver = false;
  const beating = sessions.map(async (session) => {
    while (!isOver) {
      const answer = await tryHeartbeat(session);
      if (answer.status !== 200) {
        const { code } = problemOf(answer);
        codes.set(code, (codes.get(code) ?? 0) + 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
  await work();
  isOver = true;
  await Promise.all(beating);
  // Nothing that a client must take for an answer: it would have given up its seat.
  expect([...codes.keys()].filter((code) => !['restoring', 'unavailable'].includes(code))).toEqual(
    [],
  );
}

async function expectAllKept(
  license: GivenLicense,
  sessions: readonly GivenSession[],
): Promise<void> {
  expect((await tryAcquire(license)).status).toBe(409);
  for (const session of sessions) {
    const { fence, seats } = await heartbeat(session);
    expect(fence).toEqual(session.session.fence);
    expect(seats).toEqual({ used: 50, limit: 50 });
  }
  await expectSound(license, 50);
  await expectAgreement(license);
}

test('a beat after the seat went to somebody else is refused and changes nothing', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const late = await acquire(license);
  const waiter = await acquire(license, { wait: true });
  await afterLeaseLapses(late);
  expect(await show(waiter, { wait: 20 })).toMatchObject({ status: 'offered' });
  const next = await acquire(license, { instance: waiter.instanceKey });
  const before = await readStores(license);
  for (let beat = 0; beat < 5; beat += 1) {
    const answer = await tryHeartbeat(late);
    expect(answer.status).toBe(409);
    expect(problemOf(answer)).toMatchObject({ code: 'session_ended', reason: 'lapsed' });
  }
  expect(await readStores(license)).toEqual(before);
  expect((await tryRelease(late)).status).toBe(204);
  expect(await heartbeat(next)).toMatchObject({ status: 'active', seats: { used: 1, limit: 1 } });
});
