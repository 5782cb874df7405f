/** The sweep as its Schedule runs it: through Temporal, over several runs, with the workflows it finds. */
import { MockActivityEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { createLicenseActivities } from '../../activities/licenses.ts';
import { createPoolActivities } from '../../activities/pools.ts';
import { createSessionActivities } from '../../activities/sessions.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { isWorkflowRunning } from '../../workers/find-workflow.ts';
import { runOutboxRelay } from '../../workers/outbox-relay.ts';
import type { SessionRef } from '../../workflows/contract.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { startTestRedis } from '../support/redis.ts';
import { temporalAddress, workflowBundle } from '../support/temporal.ts';
import { openSeatStores } from '../workflows/seat-stores.ts';
import { uniqueId } from './outbox-support.ts';

quietTemporal();
const minute = 60_000;
const figures = { leaseMs: minute, offerMs: minute, livenessMs: minute, queueWaitMs: minute };
const redis = await startTestRedis();
const stores = await openSeatStores({ ...(await cloneDatabase()), redisUrl: redis.url }, figures);
const { deps } = stores;
const temporal = connectTemporal({
  TEMPORAL_ADDRESS: temporalAddress(),
  TEMPORAL_NAMESPACE: 'default',
});
const { client } = temporal;
const world = stores.useCases(client);
const connection = await NativeConnection.connect({ address: temporalAddress() });
const taskQueue = uniqueId('sweep');
const isRunning = isWorkflowRunning(client);
const worker = await Worker.create({
  ...{ connection, taskQueue, workflowBundle: workflowBundle() },
  activities: {
    ...createSessionActivities(deps),
    ...createLicenseActivities(deps, null),
    ...createPoolActivities(deps, { isRunning, poolsPerPage: 1, pagesPerCall: 2 }),
  },
});
const running = worker.run();
const stopping = new AbortController();
const relaying = runOutboxRelay({ ...deps, db: deps.systemDb, client, taskQueue }, stopping.signal);
afterAll(async () => {
  stopping.abort();
  worker.shutdown();
  await Promise.all([running, relaying]);
  await Promise.all([connection.close(), temporal.close(), stores.close()]);
});

async function sweep() {
  const handle = await client.workflow.start('reconcilePools', {
    ...{ taskQueue, workflowId: uniqueId('reconcile-pools') },
    args: [{ cursor: null, found: {}, repaired: {}, totals: {} }],
  });
  const result = (await handle.result()) as { found: object; repaired: object };
  const last = await handle.describe();
  return { ...result, isFirstRun: last.runId === handle.firstExecutionRunId };
}

async function givenSession(): Promise<SessionRef> {
  const session = await world.acquire(await stores.issueLicense(1), 'i');
  await eventually(() => isRunning(world.workflowOf(session).workflowId));
  return session;
}

/** Lets every row be old enough for a sweep to judge it. */
async function afterSettling(): Promise<void> {
  await sql`update sessions set created_at = now() - interval '1 minute'`.execute(deps.systemDb);
}

test('a sweep goes on in a new run when there are more pools than one call takes, and misses none', async () => {
  const sessions = [];
  for (let n = 0; n < 5; n += 1) sessions.push(await givenSession());
  for (const session of sessions) {
    const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
    await deps.seats.releaseSeat(session, { ...session, ...rest });
  }
  await afterSettling();
  const swept = await sweep();
  expect(swept).toMatchObject({ repaired: { row_without_seat: 5 }, isFirstRun: false });
  expect(await sweep()).toMatchObject({ found: {}, repaired: {} });
  const gauge = await deps.metrics.driftFound.get();
  expect(gauge.values.every(({ value }) => value === 0)).toBe(true);
});

test('an open session whose workflow was terminated gets another, which ends it in due course', async () => {
  const session = await givenSession();
  const workflow = world.workflowOf(session);
  await workflow.terminate();
  await afterSettling();
  expect(await sweep()).toMatchObject({ repaired: { workflow_lost: 1 } });
  await eventually(() => isRunning(workflow.workflowId));
  expect(await sweep()).toMatchObject({ found: {} });
  await world.release(session);
  expect(await workflow.result()).toEqual({ endReason: 'released' });
});

test('a session whose message was lost before Temporal heard of it gets its workflow', async () => {
  const session = await givenSession();
  await sql`update sessions set id = ${session.sessionId.replace(/.$/, '0')} where id = ${session.sessionId}`.execute(
    deps.systemDb,
  );
  const unheard = { ...session, sessionId: session.sessionId.replace(/.$/, '0') };
  await redis.flush();
  await afterSettling();
  await sweep();
  expect(await sweep()).toMatchObject({ found: {} });
  await eventually(() => isRunning(world.workflowOf(unheard).workflowId));
});

test('a session that has ended gets no workflow again', async () => {
  const session = await givenSession();
  await world.release(session);
  await world.workflowOf(session).result();
  await afterSettling();
  expect(await sweep()).toMatchObject({ found: {} });
  expect(await isRunning(world.workflowOf(session).workflowId)).toBe(false);
});

test('an attempt that follows a dead one goes on with the page that one had come to', async () => {
  for (let n = 0; n < 2; n += 1) await givenSession();
  await afterSettling();
  let looks = 0;
  let diesAt = Infinity;
  const { reached } = deps;
  deps.reached = (point) => {
    if (point !== 'sweep:rows-ended') return;
    looks += 1;
    if (looks === diesAt) throw Object.assign(new Error('It died here'), { code: 'ECONNRESET' });
  };
  const whole = await sweep();
  const pools = looks;
  [looks, diesAt] = [0, 2];
  const resumed = await sweep();
  deps.reached = reached;
  // The first pool is not looked at again, and is counted all the same.
  expect(looks).toBe(pools + 1);
  expect(resumed).toEqual(whole);
  const held = (await deps.metrics.seatsLive.get()).values[0]?.value;
  expect(held).toBe(pools);
});

test('a sweep reports with every pool and every workflow that it looks for', async () => {
  const start = { cursor: null, found: {}, repaired: {}, totals: {} };
  for (let n = 0; n < 3; n += 1) await givenSession();
  await afterSettling();
  const reports: unknown[] = [];
  const silentLooks: string[] = [];
  let heard = 0;
  const { reconcilePools } = createPoolActivities(deps, {
    isRunning: (id) => {
      if (reports.length === heard) silentLooks.push(id);
      heard = reports.length;
      return Promise.resolve(true);
    },
  });
  const environment = new MockActivityEnvironment();
  environment.on('heartbeat', (report: unknown) => reports.push(report));
  let held = 0;
  await environment.run(async () => {
    ({ held = 0 } = (await reconcilePools(start)).totals);
  });
  expect(silentLooks).toEqual([]);
  expect(reports.length).toBeGreaterThan(held);
  expect(reports[0]).toEqual(start);
});
