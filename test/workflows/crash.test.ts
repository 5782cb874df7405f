/**
 * An activity may die between two effects. Its workflow tries it again, which is all that the steps of
 * a workflow need to become whole; what the retried step leaves behind is tested with the services.
 */
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { poolKeys } from '../../lua/keys.ts';
import { connectRedis } from '../../platform/redis.ts';
import type { StepPoint } from '../../services/deps.ts';
import { seatWithoutRow } from '../services/disagreements.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { useTimeSkipping } from '../support/temporal.ts';
import type { SessionRef } from '../../workflows/contract.ts';
import { useSeatWorld } from './use-seat-world.ts';

quietTemporal();
const environment = await useTimeSkipping();
const world = await useSeatWorld({
  client: environment.client,
  connection: environment.nativeConnection,
  taskQueue: 'dying-activities',
  figures: { leaseMs: 60_000, offerMs: 30_000, livenessMs: 60_000, queueWaitMs: 150_000 },
  nowMs: () => environment.currentTimeMs(),
});
const { reached } = world.deps;

afterEach(() => {
  world.deps.reached = reached;
});

/** Each time that the point is reached, up to `times`, the step dies there. @returns how often it did. */
function dieAt(point: StepPoint, times: number): () => number {
  let deaths = 0;
  world.deps.reached = (here) => {
    if (here !== point || deaths === times) return;
    deaths += 1;
    // A fault of its own is one pool's, and the sweep goes on with the next; this ends the attempt.
    throw Object.assign(new Error('The process died here'), { code: 'ECONNRESET' });
  };
  return () => deaths;
}

async function expectFree(session: SessionRef): Promise<void> {
  expect(await world.row(session)).toMatchObject({ endReason: 'lapsed' });
  expect(await world.held(session)).toEqual([]);
}

test.each<StepPoint>(['settle:dropped-in-redis', 'settle:ended-in-ledger', 'lapse:settled'])(
  'a lapse that dies twice at %s is completed, and the seat is free',
  async (point) => {
    const deaths = dieAt(point, 2);
    const license = await world.issueLicense(1);
    const session = await world.acquire(license, 'holder');
    await expect.poll(() => isFollowed(session), { timeout: 10_000 }).toBe(true);
    expect(await world.workflowOf(session).result()).toEqual({ endReason: 'lapsed' });
    expect(deaths()).toBe(2);
    await expectFree(session);
  },
);

test.each<StepPoint>(['restore:epoch-raised', 'restore:first-chunk'])(
  'a look at a pool that is gone, dying at %s, ends in a restored pool and a lapse',
  async (point) => {
    const license = await world.issueLicense(1);
    const session = await world.acquire(license, 'holder');
    await expect.poll(() => isFollowed(session), { timeout: 10_000 }).toBe(true);
    const deaths = dieAt(point, 1);
    await world.redis.flush();
    expect(await world.workflowOf(session).result()).toEqual({ endReason: 'lapsed' });
    expect(deaths()).toBe(1);
    await expectFree(session);
  },
);

test.each<StepPoint>(['settle:dropped-in-redis', 'settle:ended-in-ledger'])(
  'a release that dies twice at %s is confirmed, and whoever lapsed meanwhile has ended, too',
  // Of two tasks at once the time-skipping server now and then counts one as started that it gave to no
  // worker, and then neither time nor the workflow goes on.
  { retry: 5, timeout: 15_000 },
  async (point) => {
    const license = await world.issueLicense(2);
    const lapsed = await world.acquire(license, 'lapsed');
    const forced = await world.acquire(license, 'forced');
    for (const session of [lapsed, forced]) {
      await expect.poll(() => isFollowed(session), { timeout: 10_000 }).toBe(true);
    }
    await letLapse(lapsed);
    // First where the operator's request frees the seat, then in the activity.
    const deaths = dieAt(point, 2);
    await world.forceRelease(forced);
    expect(deaths()).toBe(1);
    expect(await world.workflowOf(forced).result()).toEqual({ endReason: 'forced' });
    expect(deaths()).toBe(2);
    expect(await world.workflowOf(lapsed).result()).toEqual({ endReason: 'lapsed' });
    await expectFree(lapsed);
  },
);

test.each<[StepPoint, number]>([
  ['sweep:rows-ended', 2],
  // What has been freed is no stranger any more to the next attempt.
  ['sweep:strangers-dropped', 1],
])('a sweep that dies at %s is completed, and the stores agree', async (point, times) => {
  const license = await world.issueLicense(3);
  const holder = await world.acquire(license, 'holder');
  const seatless = await world.acquire(license, 'seatless');
  const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
  await world.deps.seats.releaseSeat(license, { ...seatless, ...rest });
  await seatWithoutRow({ ...license, api: world });
  await sql`update sessions set created_at = now() - interval '1 minute'`.execute(
    world.deps.systemDb,
  );
  const deaths = dieAt(point, times);
  await environment.client.workflow.execute('reconcilePools', {
    ...{ taskQueue: 'dying-activities', workflowId: `sweep-that-dies-at-${point}` },
    args: [{ cursor: null, found: {}, repaired: {}, totals: {} }],
  });
  expect(deaths()).toBe(times);
  expect(await world.held(license)).toEqual([holder.sessionId]);
  expect((await world.row(seatless))?.endedAt).not.toBeNull();
  await world.release(holder);
});

/** Lets the lease of a session be over as if its time had passed, unnoticed. */
async function letLapse({ instanceKey, ...pool }: SessionRef): Promise<void> {
  const [, seats = ''] = poolKeys(pool);
  const store = connectRedis({ url: world.redis.url, name: 'test', onError: () => undefined });
  await store.zadd(seats, 'XX', 1, instanceKey);
  store.disconnect();
}

/** Whether the workflow has begun to wait for the end of the lease. */
async function isFollowed(session: SessionRef): Promise<boolean> {
  const history = await world
    .workflowOf(session)
    .fetchHistory()
    .catch(() => ({ events: [] }));
  return history.events?.some((event) => event.timerStartedEventAttributes) ?? false;
}
