import type { Worker } from '@temporalio/worker';
import type { Metrics } from '../platform/metrics.ts';

/** Tasks of each kind that a worker runs at a time. */
export const taskLimits = { workflow: 40, activity: 100, local_activity: 100 } as const;

/** Tells at each scrape what the worker that runs at that moment does; without one, that none does. */
export function watchWorker(metrics: Metrics, present: () => Worker | null): void {
  for (const [kind, max] of Object.entries(taskLimits)) metrics.workerTasksMax.set({ kind }, max);
  metrics.onScrape(() => {
    const status = present()?.getStatus();
    const isPolling = (state: string | undefined) => (state === 'POLLING' ? 1 : 0);
    metrics.workerPolling.set({ kind: 'workflow' }, isPolling(status?.workflowPollerState));
    metrics.workerPolling.set({ kind: 'activity' }, isPolling(status?.activityPollerState));
    const running = {
      workflow: status?.numInFlightWorkflowActivations ?? 0,
      activity: status?.numInFlightNonLocalActivities ?? 0,
      local_activity: status?.numInFlightLocalActivities ?? 0,
    } satisfies Record<keyof typeof taskLimits, number>;
    for (const [kind, count] of Object.entries(running)) metrics.workerTasks.set({ kind }, count);
    metrics.workerCachedWorkflows.set(status?.numCachedWorkflows ?? 0);
  });
}
