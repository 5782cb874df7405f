import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import {
  reconcilePoolsId,
  renewDelegateId,
  type ReconcilePoolsInput,
  type TrustMessage,
} from '../workflows/contract.ts';
import { trustStartOptions } from './trust-start.ts';

/** Makes the Schedules of this version exist as written here; safe from any number of workers. */
export async function ensureSchedules(client: Client, taskQueue: string): Promise<void> {
  const schedules = [
    reconcileSchedule(taskQueue),
    delegateSchedule(taskQueue),
    trustSchedule('rotateRoot', { taskQueue, every: '6 hours' }),
    trustSchedule('publishRevocations', { taskQueue, every: '24 hours' }),
  ];
  await Promise.all(schedules.map((schedule) => ensureSchedule(client, schedule)));
}

async function ensureSchedule(client: Client, schedule: ScheduleOptions): Promise<void> {
  try {
    await client.schedule.create(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const { scheduleId, ...present } = schedule;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...present, state }));
  }
}

/**
 * Runs at once when it is made, and then so often. A root signs for 90 days, but an interval of 90 days
 * would begin a quarter late, miss a quarter with one run that is missed, and see a version that was
 * disabled too late: the run asks the facts whether anything is due.
 */
function trustSchedule(
  type: TrustMessage['workflowType'],
  { taskQueue, every }: { taskQueue: string; every: '6 hours' | '24 hours' },
) {
  const {
    workflowIdReusePolicy: _,
    workflowIdConflictPolicy: __,
    ...action
  } = trustStartOptions(type, taskQueue);
  return {
    scheduleId: action.workflowId,
    spec: { intervals: [{ every }], jitter: '10 minutes' },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 day' },
    action: { type: 'startWorkflow', workflowType: type, ...action },
    state: { triggerImmediately: true },
  } satisfies ScheduleOptions;
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

/**
 * Looks at the delegate every hour, which costs Cloud KMS nothing while it is young. Every 12 hours would be
 * too seldom: one that was 11 hours old would be 23 at the next look.
 */
function delegateSchedule(taskQueue: string) {
  return {
    scheduleId: renewDelegateId,
    spec: { intervals: [{ every: '1 hour' }], jitter: '5 minutes' },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 hour' },
    action: {
      type: 'startWorkflow',
      workflowType: 'renewDelegate',
      workflowId: renewDelegateId,
      taskQueue,
      args: [],
      staticSummary: 'Has the root certify the next key for leases and denials, when it is time',
    },
  } satisfies ScheduleOptions;
}
