import { afterAll, expect, test } from 'vitest';
import { connectTemporal } from '../../platform/temporal.ts';
import { startOwnTemporal } from '../support/own-temporal.ts';
import { ensureSchedules } from '../../workers/schedules.ts';
import { reconcilePoolsId, renewDelegateId, trustWorkflowIds } from '../../workflows/contract.ts';

const temporal = connectTemporal(await startOwnTemporal());
const handleOf = (id: string) => temporal.client.schedule.getHandle(id);
const schedule = handleOf(reconcilePoolsId);
const renewal = handleOf(renewDelegateId);
afterAll(() => temporal.close());

test('the sweep is scheduled once however many workers start, and as the newest has it', async () => {
  await ensureSchedules(temporal.client, 'queue-one');
  await schedule.pause('somebody looks into something');
  // A schedule hears of it a moment after it was told, later where the server is busy.
  await expect
    .poll(async () => (await schedule.describe()).state.paused, { timeout: 15_000 })
    .toBe(true);
  await Promise.all([
    ensureSchedules(temporal.client, 'queue-two'),
    ensureSchedules(temporal.client, 'queue-two'),
  ]);

  const { spec, policies, action, state } = await schedule.describe();
  expect(spec.intervals).toMatchObject([{ every: 60_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 600_000 });
  expect(action).toMatchObject({ workflowType: 'reconcilePools', taskQueue: 'queue-two' });
  expect(state.paused).toBe(true);
});

test('the delegate is looked at so often that half its life is left when it is renewed', async () => {
  await ensureSchedules(temporal.client, 'queue-one');
  const { spec, policies, action } = await renewal.describe();
  expect(spec.intervals).toMatchObject([{ every: 3_600_000 }]);
  expect(policies).toMatchObject({ overlap: 'SKIP' });
  expect(action).toMatchObject({ workflowType: 'renewDelegate', workflowId: renewDelegateId });
});

test('roots and lists are looked at when the server is new, and then often enough', async () => {
  await ensureSchedules(temporal.client, 'queue-one');
  const rotation = await handleOf(trustWorkflowIds.rotateRoot).describe();
  const publishing = await handleOf(trustWorkflowIds.publishRevocations).describe();
  expect(rotation.spec.intervals).toMatchObject([{ every: 6 * 3_600_000 }]);
  expect(publishing.spec.intervals).toMatchObject([{ every: 24 * 3_600_000 }]);
  expect(rotation.action).toMatchObject({ workflowType: 'rotateRoot' });
  const { recentActions, runningActions } = rotation.info;
  expect(recentActions.length + runningActions.length).toBeGreaterThan(0);
});
