/**
 * An activity may die between two effects. Its workflow tries it again, which is all that the steps of
 * a workflow need to become whole; what the retried step leaves behind is tested with the services.
 */
import { afterEach, expect, test } from 'vitest';
import type { StepPoint } from '../../services/deps.ts';
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
    throw new Error('The process died here');
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

/** Whether the workflow has begun to wait for the end of the lease. */
async function isFollowed(session: SessionRef): Promise<boolean> {
  const history = await world
    .workflowOf(session)
    .fetchHistory()
    .catch(() => ({ events: [] }));
  return history.events?.some((event) => event.timerStartedEventAttributes) ?? false;
}
