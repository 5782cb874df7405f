import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { reconcilePoolsId } from '../../workflows/contract.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { temporalAddress } from '../support/temporal.ts';
import { useSeatWorld } from './use-seat-world.ts';

quietTemporal();
const config = { TEMPORAL_ADDRESS: temporalAddress(), TEMPORAL_NAMESPACE: 'default' };
const temporal = connectTemporal(config);
const connection = await connectTemporalWorker(config);
const taskQueue = `visibility-${crypto.randomUUID()}`;
const figures = { leaseMs: 60_000, offerMs: 10_000, livenessMs: 60_000, queueWaitMs: 120_000 };
afterAll(() => Promise.all([temporal.close(), connection.close()]));
const world = await useSeatWorld({ client: temporal.client, connection, taskQueue, figures });
const patience = { timeout: 15_000 };

test('lists and descriptions in Temporal tell the story of every session', async () => {
  const license = await world.issueLicense(1);
  const holder = await world.acquire(license, 'holder');
  const waiter = await world.acquire(license, 'waiter');
  await expect
    .poll(
      () => list(`LicenseId = '${license.licenseId}' and WorkflowType = 'licenseSession'`),
      patience,
    )
    .toEqual([
      { type: 'licenseSession', status: 'active', endReason: undefined, shows: ['leaseUntil'] },
      { type: 'licenseSession', status: 'queued', endReason: undefined, shows: ['waitsUntil'] },
    ]);

  await world.forceRelease(holder);
  await world.release(waiter);
  await expect
    .poll(
      () =>
        list(`TenantId = '${license.tenantId}' and \`Status\` = 'ended' and EndReason = 'forced'`),
      patience,
    )
    .toMatchObject([{ status: 'ended', endReason: 'forced' }]);

  expect(await world.workflowOf(holder).result()).toEqual({ endReason: 'forced' });
  const described = await world.workflowOf(holder).describe();
  expect(described.status.name).toBe('COMPLETED');
  expect(described.type).toBe('licenseSession');
  expect(Object.fromEntries(attributesOf(described))).toMatchObject({
    TenantId: license.tenantId,
    LicenseId: license.licenseId,
    Status: 'ended',
    EndReason: 'forced',
  });
  expect(await described.staticSummary()).toBe(`Seat of ${license.licenseId} for holder`);
  const leaseUntil = Date.parse(String(described.memo?.['leaseUntil']));
  expect(leaseUntil - described.startTime.getTime()).toBeGreaterThan(figures.leaseMs - 10_000);
});

test('the sweep ends a row whose seat is gone, and says what it repaired', async () => {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await world.deps.seats.releaseSeat(session, {
    ...session,
    holderId: null,
    mode: 'free',
    reason: 'lapsed',
  });
  await world.deps.systemDb
    .updateTable('sessions')
    .set({ createdAt: new Date(Date.now() - 60_000) })
    .where('id', '=', session.sessionId)
    .execute();

  const { found, repaired } = (await temporal.client.workflow.execute('reconcilePools', {
    taskQueue,
    workflowId: `${reconcilePoolsId}-${taskQueue}`,
    args: [{ cursor: null, found: {}, repaired: {}, totals: {} }],
  })) as { found: Record<string, number>; repaired: Record<string, number> };
  expect({ found, repaired }).toMatchObject({
    found: { row_without_seat: 1 },
    repaired: { row_without_seat: 1 },
  });
  expect((await world.row(session))?.endReason).toBe('lapsed');
  const outcome = () => world.workflowOf(session).result().catch(untilStarted);
  await expect.poll(outcome, patience).toEqual({ endReason: 'lapsed' });
});

/** The message that starts the workflow may still be on its way. */
function untilStarted(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

async function list(query: string) {
  const found = [];
  for await (const run of temporal.client.workflow.list({ query })) {
    const attributes = attributesOf(run);
    found.push({
      type: run.type,
      status: attributes.get('Status'),
      endReason: attributes.get('EndReason'),
      shows: Object.keys(run.memo ?? {}),
    });
  }
  return found.sort((one, other) => (String(one.status) < String(other.status) ? -1 : 1));
}

function attributesOf(run: {
  typedSearchAttributes: { getAll: () => { key: { name: string }; value: unknown }[] };
}) {
  return new Map(run.typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
}
