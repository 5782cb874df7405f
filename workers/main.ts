/**
 * The worker process: runs the workflows and their activities, and carries the outbox to Temporal. It
 * starts whether or not Temporal is up, and goes on when it comes back.
 *
 * On SIGTERM or SIGINT the relay stops claiming, the worker drains (10 s for what runs, 20 s at most),
 * then the stores are closed, Redis last, since an open client would keep Node alive.
 */
import { Runtime, type Worker } from '@temporalio/worker';
import { countConnections, openDatabase } from '../data/database.ts';
import { createSeatScripts } from '../lua/scripts.ts';
import { loadConfig } from '../platform/config.ts';
import { createKms } from '../platform/kms.ts';
import { createLogger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { serveMetrics } from '../platform/metrics-server.ts';
import { connectRedis, countRedisFault } from '../platform/redis.ts';
import { connectTemporalWorker } from '../platform/temporal-worker.ts';
import { connectTemporal } from '../platform/temporal.ts';
import { startTracing } from '../platform/tracing.ts';
import { createDelegateKeeper } from '../services/delegate-keeper.ts';
import type { Deps } from '../services/deps.ts';
import { noLists } from '../signing/lists.ts';
import { bundleFolder, bundleForWorker } from './bundle.ts';
import { isWorkflowRunning } from './find-workflow.ts';
import { runOutboxRelay } from './outbox-relay.ts';
import { ensureSchedules } from './schedules.ts';
import { keepWorkerRunning } from './supervise.ts';
import { temporalLogger } from './temporal-logger.ts';
import { watchWorker } from './watch-worker.ts';
import { createWorker } from './worker.ts';

const config = loadConfig();
const log = createLogger({ name: 'worker', level: config.LOG_LEVEL });
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    log.info({ signal }, 'Worker stops');
    stopping.abort();
  });
}

Runtime.install({
  logger: temporalLogger(log),
  // This process decides itself in which order its parts stop.
  shutdownSignals: [],
  telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
});

const tracing = await startTracing(config, { process: 'worker', log });
const metrics = createMetrics('worker');
const metricsServer = await serveMetrics(metrics, {
  host: config.API_HOST,
  port: config.METRICS_PORT,
});
const onError = (error: Error) => {
  log.warn({ err: error }, 'A store is not answering');
};
const openStore = (url: string) =>
  openDatabase({ url, poolSize: config.DATABASE_POOL_SIZE, onError });
const redis = connectRedis({ url: config.REDIS_URL, name: 'leasehold-worker', onError });
const stores = {
  db: openStore(config.DATABASE_URL),
  systemDb: openStore(config.SYSTEM_DATABASE_URL),
  seats: createSeatScripts(redis, { onFault: (error) => countRedisFault(metrics, error) }),
  kms: createKms(config, { metrics, log }),
  signing: { issuer: config.PUBLIC_URL, sealKeys: config.SIGNING_SEAL_KEYS ?? [] },
  lists: noLists,
  log,
  metrics,
  reached: () => undefined,
};
const delegate = createDelegateKeeper(stores);
const deps: Deps = { ...stores, delegate };
metrics.watchConnections('app', () => countConnections(deps.db));
metrics.watchConnections('system', () => countConnections(deps.systemDb));
let running: Worker | null = null;
watchWorker(metrics, () => running);
const temporal = connectTemporal(config, tracing ? [tracing.temporalClient] : []);
const {
  TEMPORAL_NAMESPACE: namespace,
  TEMPORAL_TASK_QUEUE: taskQueue,
  WORKER_BUILD_ID: buildId,
} = config;

const bundle = await bundleForWorker(bundleFolder, { logger: temporalLogger(log) });
const startWorker = async () => {
  const connection = await connectTemporalWorker(config);
  const close = () => connection.close();
  try {
    await ensureSchedules(temporal.client, taskQueue);
    return {
      worker: await createWorker(deps, {
        ...{ connection, namespace, taskQueue, bundle, buildId },
        isRunning: isWorkflowRunning(temporal.client),
        tracing: tracing?.temporalActivity,
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};

await Promise.all([
  runOutboxRelay(
    { ...deps, client: temporal.client, db: deps.systemDb, taskQueue },
    stopping.signal,
  ),
  keepWorkerRunning({
    start: startWorker,
    log,
    stopping: stopping.signal,
    onWorker: (worker) => (running = worker),
  }),
]);
await temporal.close();
await delegate.close();
await deps.kms?.close();
await Promise.all([deps.db.destroy(), deps.systemDb.destroy(), metricsServer.close()]);
redis.disconnect();
await tracing?.close();
log.info('Worker has stopped');
