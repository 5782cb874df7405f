import { setTimeout as delay } from 'node:timers/promises';
import { Connection, isGrpcServiceError } from '@temporalio/client';
import type { TemporalConfig } from './temporal.ts';

/** What to make current: the deployment is named after its task queue. */
export interface Promotion {
  taskQueue: string;
  /** null: workers without a version. */
  buildId: string | null;
}

const callMs = 10_000;
const triesMax = 40;
const pauseMs = 500;
const codes = { failedPrecondition: 9, notFound: 5 } as const;

/**
 * Gives all work of the task queue to the workers of one version: new runs, and open runs with their
 * next step. Waits up to 20 s for a worker of that version to show up. Naming an older one rolls back.
 *
 * @throws Error when no worker of that version polls, or Temporal does not answer.
 */
export async function promoteWorker(
  config: TemporalConfig,
  { taskQueue, buildId }: Promotion,
): Promise<void> {
  const address = config.TEMPORAL_ADDRESS;
  const connection = await Connection.connect({ address, connectTimeout: callMs });
  const asked = {
    namespace: config.TEMPORAL_NAMESPACE,
    deploymentName: taskQueue,
    buildId: buildId ?? '',
    identity: 'promote-worker',
  };
  try {
    await untilPolling(() =>
      connection.withDeadline(Date.now() + callMs, () =>
        connection.workflowService.setWorkerDeploymentCurrentVersion(asked),
      ),
    );
  } finally {
    await connection.close();
  }
}

/** Temporal refuses a version that no worker has been seen with yet. */
async function untilPolling(promote: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await promote();
      return;
    } catch (error) {
      if (tries === triesMax || !isUnseen(error)) throw error;
      await delay(pauseMs);
    }
  }
}

function isUnseen(error: unknown): boolean {
  if (!isGrpcServiceError(error)) return false;
  const code: number = error.code;
  return code === codes.notFound || code === codes.failedPrecondition;
}
