import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import { reconcilePoolsId, type ReconcilePoolsInput } from '../workflows/contract.ts';

/** Makes the Schedules of this version exist as written here; safe from any number of workers. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  const schedule = reconcileSchedule(taskQueue);
  try {
    await client.schedule.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId, ...present } = schedule;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...present, state }));
  }
}

/**
 * The sweep of every minute: a missed one is made up for ten minutes, a slow one makes the next wait.
 * Somebody who paused it keeps it paused.
 */
function reconcileSchedule(taskQueue: string) {
  const start: ReconcilePoolsInput = { cursor: null, found: {}, repaired: {}, totals: {} };
  return {
    scheduleId: reconcilePoolsId,
    spec: { intervals: [{ every: '60 seconds' }], jitter: '5 seconds' },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '10 minutes' },
    action: {
      type: 'startWorkflow',
      workflowType: 'reconcilePools',
      workflowId: reconcilePoolsId,
      taskQueue,
      args: [start],
      staticSummary: 'Compares the ledger with Redis and the workflows, and repairs what differs',
    },
  } satisfies ScheduleOptions;
}
