import { afterAll, expect, test } from 'vitest';
import { connectTemporal } from '../../platform/temporal.ts';
import { ensureSchedules } from '../../workers/schedules.ts';
import { reconcilePoolsId } from '../../workflows/contract.ts';
import { temporalAddress } from '../support/temporal.ts';

const temporal = connectTemporal({
  TEMPORAL_ADDRESS: temporalAddress(),
  TEMPORAL_NAMESPACE: 'default',
});
const schedule = temporal.client.schedule.getHandle(reconcilePoolsId);
afterAll(async () => {
  await schedule.delete();
  await temporal.close();
});

test('the sweep is scheduled once however many workers start, and as the newest has it', async () => {
  await ensureSchedules(temporal.client, 'queue-one');
  await schedule.pause('somebody looks into something');
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
