/** Two versions of the worker side by side, on a real server. */
import type { temporal } from '@temporalio/proto';
import { afterAll, expect, test } from 'vitest';
import { promoteWorker } from '../../platform/temporal-deployment.ts';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { createWorker } from '../../workers/worker.ts';
import type { SessionRef } from '../../workflows/contract.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { temporalAddress, workflowBundle } from '../support/temporal.ts';
import { useSeatWorld } from '../workflows/use-seat-world.ts';

quietTemporal();
const config = { TEMPORAL_ADDRESS: temporalAddress(), TEMPORAL_NAMESPACE: 'default' };
const temporalClient = connectTemporal(config);
const connection = await connectTemporalWorker(config);
const taskQueue = `versions-${crypto.randomUUID()}`;
const figures = { leaseMs: 60_000, offerMs: 10_000, livenessMs: 20_000, queueWaitMs: 60_000 };
const patience = { timeout: 20_000, interval: 100 };
afterAll(() => Promise.all([temporalClient.close(), connection.close()]));

/** The world's own worker is of version one. */
const world = await useSeatWorld({
  ...{ client: temporalClient.client, connection, taskQueue, figures },
  buildId: 'one',
});

test('open sessions move to the version that is promoted, and back, and lose nothing', async () => {
  const license = await world.issueLicense(3);
  const before = await world.acquire(license, 'before');
  await promote('one');
  await expect.poll(() => versionsOf(before), patience).toEqual(['one']);

  const bundle = workflowBundle();
  const setup = { connection, namespace: 'default', taskQueue, bundle, buildId: 'two' };
  const second = await createWorker(world.deps, setup);
  await second.runUntil(async () => {
    const meanwhile = await world.acquire(license, 'meanwhile');
    await expect.poll(() => versionsOf(meanwhile), patience).toEqual(['one']);

    await promote('two');
    const after = await world.acquire(license, 'after');
    await expect.poll(() => versionsOf(after), patience).toEqual(['two']);
    await world.beat(before, { signal: true });
    await expect.poll(() => versionsOf(before), patience).toEqual(['one', 'two']);
    await world.release(after);
    expect(await world.workflowOf(after).result()).toEqual({ endReason: 'released' });
    await promote('one');
    await world.release(meanwhile);
    expect(await world.workflowOf(meanwhile).result()).toEqual({ endReason: 'released' });
  });

  await world.release(before);
  expect(await world.workflowOf(before).result()).toEqual({ endReason: 'released' });
  expect(await versionsOf(before)).toEqual(['one', 'two', 'one']);
  expect(await world.held(license)).toEqual([]);
}, 90_000);

test('sessions that began under workers without a version move to the first one, and back', async () => {
  const license = await world.issueLicense(2);
  const bundle = workflowBundle();
  const setup = { connection, namespace: 'default', taskQueue, bundle };
  const unversioned = await createWorker(world.deps, setup);
  const session = await unversioned.runUntil(async () => {
    await promoteWorker(config, { taskQueue, buildId: null });
    const begun = await world.acquire(license, 'begun');
    await expect.poll(() => tasksOf(begun), patience).toBeGreaterThan(0);
    expect(await versionsOf(begun)).toEqual([]);
    return begun;
  });
  await promote('one');
  await world.release(session);
  expect(await world.workflowOf(session).result()).toEqual({ endReason: 'released' });
  expect(await versionsOf(session)).toEqual(['one']);
}, 60_000);

function promote(buildId: string): Promise<void> {
  return promoteWorker(config, { taskQueue, buildId });
}

/** The versions that worked on a session's run, in their order. */
async function versionsOf(session: SessionRef): Promise<string[]> {
  const tasks = await completedTasks(session);
  const versions = tasks.flatMap(({ deploymentVersion }) => deploymentVersion?.buildId ?? []);
  return versions.filter((version, index) => version !== versions[index - 1]);
}

async function tasksOf(session: SessionRef): Promise<number> {
  return (await completedTasks(session)).length;
}

/** What workers did for a session's run; nothing while its first message is on its way. */
async function completedTasks(session: SessionRef) {
  const { workflowId } = world.workflowOf(session);
  const { events } = await world.historyOf(workflowId).catch(() => ({ events: [] }));
  return (events ?? []).flatMap(
    (event: temporal.api.history.v1.IHistoryEvent) =>
      event.workflowTaskCompletedEventAttributes ?? [],
  );
}
