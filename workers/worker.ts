import {
  Worker,
  type ActivityInterceptorsFactory,
  type NativeConnection,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createDelegateActivities } from '../activities/delegates.ts';
import { createPoolActivities, type SweepOptions } from '../activities/pools.ts';
import { createLicenseActivities } from '../activities/licenses.ts';
import { createSessionActivities } from '../activities/sessions.ts';
import { createTrustActivities } from '../activities/trust.ts';
import type { Deps, FileSigning } from '../services/deps.ts';
import { workerInterceptors } from './interceptors.ts';
import { taskLimits } from './watch-worker.ts';

export interface WorkerSetup {
  /** What signs license files; the root in Cloud KMS unless given. */
  signing?: FileSigning | undefined;
  /** How the sweep finds workflows that were lost; it looks for none unless given. */
  isRunning?: SweepOptions['isRunning'];
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  bundle: WorkflowBundleOption;
  /** The version of this worker's code; without one it gets work whatever its code is. */
  buildId?: string | undefined;
  /** Continues the traces of messages in activities. */
  tracing?: ActivityInterceptorsFactory | undefined;
}

/**
 * A small session costs about 58 KB of heap while it is cached. One that is not is read again when it wakes,
 * at most once a lease and a few milliseconds each, so more would buy little; the SDK would derive a
 * figure of its own from the size of the heap.
 */
const cachedWorkflowsMax = 2_000;

/** A worker for all workflows and activities. It polls once it is run, and drains when it is told to. */
export function createWorker(deps: Deps, setup: WorkerSetup): Promise<Worker> {
  const { connection, namespace, taskQueue, bundle, buildId, tracing } = setup;
  return Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: bundle,
    activities: {
      ...createSessionActivities(deps),
      ...createLicenseActivities(deps, setup.signing),
      ...createPoolActivities(deps, { isRunning: setup.isRunning }),
      ...createDelegateActivities(deps),
      ...createTrustActivities(deps),
    },
    interceptors: { activity: [...(tracing ? [tracing] : []), ...workerInterceptors.activity] },
    ...(buildId === undefined ? {} : versioned(taskQueue, buildId)),
    maxCachedWorkflows: cachedWorkflowsMax,
    maxConcurrentWorkflowTaskExecutions: taskLimits.workflow,
    maxConcurrentActivityTaskExecutions: taskLimits.activity,
    maxConcurrentLocalActivityExecutions: taskLimits.local_activity,
    shutdownGraceTime: '10 seconds',
    shutdownForceTime: '20 seconds',
  });
}

/**
 * A session has no longest life, and a run pinned to its version would keep it through every
 * continue-as-new, so all runs follow the current version; recorded histories prove that they can.
 */
function versioned(deploymentName: string, buildId: string) {
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  } as const;
}
