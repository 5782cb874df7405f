import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from '@temporalio/worker';
import type { Logger } from '../platform/logger.ts';

export interface Supervision {
  /** Makes a worker that is connected; its `close` ends the connection. */
  start: () => Promise<{ worker: Worker; close: () => Promise<void> }>;
  log: Logger;
  /** Is told of the worker that runs now, and of null when it ends. */
  onWorker?: (worker: Worker | null) => void;
  /** Aborting it drains the worker and ends the supervision. */
  stopping: AbortSignal;
}

const pauseMinMs = 250;
const pauseMaxMs = 5_000;

/**
 * Keeps a worker running: waits for Temporal when it is not up yet, and starts another worker should
 * one fail. A worker that merely loses its connection finds back by itself.
 *
 * @returns when it was told to stop and the worker has drained, or its time for that was up.
 */
export async function keepWorkerRunning(supervision: Supervision): Promise<void> {
  const { log, stopping } = supervision;
  for (let failures = 0; !stopping.aborted;) {
    try {
      await runOnce(supervision, () => (failures = 0));
    } catch (error) {
      failures += 1;
      log.warn({ err: error, failures }, 'Worker is not running');
      const pauseMs = Math.min(pauseMinMs * 2 ** Math.min(failures - 1, 10), pauseMaxMs);
      await delay(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }
}

async function runOnce(
  { start, log, stopping, onWorker = () => undefined }: Supervision,
  onStarted: () => void,
): Promise<void> {
  const { worker, close } = await start();
  const shutDown = () => {
    worker.shutdown();
  };
  try {
    const running = worker.run();
    onStarted();
    onWorker(worker);
    log.info('Worker is running');
    if (stopping.aborted) shutDown();
    else stopping.addEventListener('abort', shutDown, { once: true });
    await running;
  } finally {
    onWorker(null);
    stopping.removeEventListener('abort', shutDown);
    await close();
  }
}
