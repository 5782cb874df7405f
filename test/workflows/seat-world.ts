import type { Client } from '@temporalio/client';
import type { NativeConnection, WorkflowBundleOption } from '@temporalio/worker';
import type { FileSigning } from '../../services/deps.ts';
import { runOutboxRelay } from '../../workers/outbox-relay.ts';
import { createWorker } from '../../workers/worker.ts';
import { openSeatStores, type Figures, type Stores } from './seat-stores.ts';

export interface WorldOptions {
  client: Client;
  connection: NativeConnection;
  taskQueue: string;
  bundle: WorkflowBundleOption;
  stores: Stores;
  figures: Figures;
  /** What signs license files; the root in Cloud KMS unless given. */
  signing?: FileSigning;
  /** The version of the worker; none unless given. */
  buildId?: string;
  /** Redis' clock in the test, so that it can follow a Temporal that skips time. */
  nowMs?: () => Promise<number>;
}

export type SeatWorld = Awaited<ReturnType<typeof openSeatWorld>>;

/**
 * The server's own parts (use cases, relay and worker) on the stores and the Temporal that the caller
 * has. It runs until it is closed.
 */
export async function openSeatWorld(options: WorldOptions) {
  const { client, connection, taskQueue, bundle, buildId, signing } = options;
  const stores = await openSeatStores(options.stores, options.figures, options.nowMs);
  const { deps, issueLicense } = stores;
  const setup = { connection, namespace: 'default', taskQueue, bundle, buildId, signing };
  const worker = await createWorker(deps, setup);
  const running = worker.run();
  const stopping = new AbortController();
  const relaying = runOutboxRelay(
    { ...deps, db: deps.systemDb, client, taskQueue },
    stopping.signal,
  );
  return {
    deps,
    issueLicense,
    ...stores.useCases(client),
    close: async () => {
      stopping.abort();
      worker.shutdown();
      await Promise.all([relaying, running]);
      await stores.close();
    },
  };
}
