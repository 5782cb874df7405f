/** The API process: its stores, its server, and an end that loses no request. */
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { countConnections, openDatabase, pingDatabase } from '../data/database.ts';
import { createPoolChanges } from '../lua/pool-changes.ts';
import { createSeatScripts } from '../lua/scripts.ts';
import { createAdmission } from '../platform/admission.ts';
import type { Config } from '../platform/config.ts';
import { createKms } from '../platform/kms.ts';
import { createLogger, type Logger } from '../platform/logger.ts';
import { createMetrics } from '../platform/metrics.ts';
import { serveMetrics } from '../platform/metrics-server.ts';
import { createRateLimits } from '../platform/rate-limits.ts';
import {
  assertRedisKeepsKeys,
  connectRedis,
  countRedisFault,
  watchRedis,
} from '../platform/redis.ts';
import { createStrangers } from '../platform/strangers.ts';
import { sharedWhileRunning } from '../platform/shared-while-running.ts';
import { connectTemporal } from '../platform/temporal.ts';
import { startTracing } from '../platform/tracing.ts';
import { createDelegateKeeper } from '../services/delegate-keeper.ts';
import type { Deps } from '../services/deps.ts';
import { createFollowedLists, keepFollowing } from '../services/follow-lists.ts';
import { createHeartbeatForwarder } from '../services/forward-heartbeat.ts';
import { createKeySet } from '../services/key-set.ts';
import { sessionSignals } from '../workflows/contract.ts';
import { createApp } from './app.ts';
import type { ApiDeps } from './deps.ts';
import { createHttpServer, drain, listen } from './http-server.ts';

export interface RunningApi {
  port: number;
  metricsPort: number;
  deps: ApiDeps;
  /**
   * Says that it is not ready for as long as it is set to, then refuses what is new and answers what has
   * begun, then closes the stores: 13 s at most, and the seconds that it is set to.
   */
  close: () => Promise<void>;
}

/** Longest wait of a heartbeat signal for Temporal; the queue behind it is short and drops. */
const signalDeadlineMs = 2_000;
/** How long a seat may take to its replicas: a thousand times what it takes when all is well. */
const replicaWaitMs = 500;
/** What a request may still take once the server is asked to stop. */
const drainMs = 10_000;
const closeStoresMs = 3_000;
/** How long the start waits for Postgres to tell the delegate. */
const firstLookMs = 2_000;

/** Starts the API. It starts, and goes on, whether or not its stores are up; readiness tells. */
export async function startApi(
  config: Config,
  options: { log?: Logger; reached?: Deps['reached']; drainMs?: number } = {},
): Promise<RunningApi> {
  const log = options.log ?? createLogger({ name: 'api', level: config.LOG_LEVEL });
  const stopping = new AbortController();
  let isLeaving = false;
  const tracing = await startTracing(config, { process: 'api', log });
  const reached = options.reached ?? (() => undefined);
  const stores = openStores(config, { log, reached });
  const deps: ApiDeps = {
    ...stores.deps,
    probes: { ...stores.deps.probes, server: () => assertStays(isLeaving) },
    config,
    log,
    changes: await createPoolChanges(stores.subscriber),
    reached,
    stopping: stopping.signal,
    admission: createAdmission({ inFlightMax: config.IN_FLIGHT_MAX }),
    keySet: createKeySet(stores.deps.db),
    strangers: createStrangers({ failuresMax: config.RATE_LIMIT_FAILURES }),
  };
  // Whoever is the first to ask gets a token, too.
  await Promise.race([
    stores.deps.delegate.firstLook,
    delay(firstLookMs, undefined, { ref: false }),
  ]);
  const metricsServer = await serveMetrics(deps.metrics, {
    host: config.API_HOST,
    port: config.METRICS_PORT,
  });
  if (deps.signing.sealKeys.length > 0) {
    void keepFollowing(stores.lists, { log, stopping: stopping.signal });
  }
  const server = createHttpServer(createApp(deps));
  await listen(server, { host: config.API_HOST, port: config.API_PORT });
  const { port } = server.address() as AddressInfo;
  log.info({ port, metricsPort: metricsServer.port }, 'API is listening');
  return {
    port,
    metricsPort: metricsServer.port,
    deps,
    async close() {
      isLeaving = true;
      await delay(config.API_DRAIN_SECONDS * 1_000);
      stopping.abort();
      await drain(server, options.drainMs ?? drainMs);
      await deps.forwarder.close();
      // A request that was given up may hold a connection for as long as a statement may take.
      await Promise.race([stores.close(), delay(closeStoresMs, undefined, { ref: false })]);
      await metricsServer.close();
      await tracing?.close();
      log.info('API has stopped');
    },
  };
}

function assertStays(isLeaving: boolean): Promise<void> {
  return isLeaving ? Promise.reject(new Error('The server was told to stop')) : Promise.resolve();
}

function openStores(config: Config, { log, reached }: Pick<Deps, 'log' | 'reached'>) {
  const onError = (error: Error) => {
    log.warn({ err: error }, 'A store is not answering');
  };
  const poolSize = config.DATABASE_POOL_SIZE;
  const db = openDatabase({ url: config.DATABASE_URL, poolSize, onError });
  const systemDb = openDatabase({ url: config.SYSTEM_DATABASE_URL, poolSize, onError });
  const redis = connectRedis({ url: config.REDIS_URL, name: 'leasehold-api', onError });
  const subscriber = connectRedis({ url: config.REDIS_URL, name: 'leasehold-api-wakes', onError });
  const temporal = connectTemporal(config);
  const metrics = createMetrics('api');
  watchRedis(redis, metrics);
  metrics.watchConnections('app', () => countConnections(db));
  metrics.watchConnections('system', () => countConnections(systemDb));
  const replicasMin = config.REDIS_REPLICAS_MIN;
  // What waits for replicas must not hold up heartbeats, so it has a connection of its own.
  const takes =
    replicasMin === 0
      ? null
      : connectRedis({ url: config.REDIS_URL, name: 'leasehold-api-takes', onError });
  const seats = createSeatScripts(redis, {
    onFault: (error) => countRedisFault(metrics, error),
    ...(takes && {
      replicated: {
        ...{ redis: takes, replicasMin, waitMs: replicaWaitMs },
        onShortfall: () => metrics.redisWaitShortfalls.inc(),
      },
    }),
  });
  const forwarder = createHeartbeatForwarder(
    (workflowId, payload) =>
      temporal.client.withDeadline(Date.now() + signalDeadlineMs, () =>
        temporal.client.workflow.getHandle(workflowId).signal(sessionSignals.heartbeat, payload),
      ),
    { metrics, log },
  );
  const rateLimits = createRateLimits(redis, config);
  const kms = createKms(config, { metrics, log });
  const signing = { issuer: config.PUBLIC_URL, sealKeys: config.SIGNING_SEAL_KEYS ?? [] };
  const keeping = { db, systemDb, kms, signing, log, metrics, reached };
  const delegate = createDelegateKeeper(keeping);
  const lists = createFollowedLists({ db, metrics });
  // Anybody may ask for them, however often: each takes one connection for one question at a time.
  const probes = {
    postgres: sharedWhileRunning(() => pingDatabase(db)),
    redis: sharedWhileRunning(() => assertRedisKeepsKeys(redis, replicasMin)),
  };
  return {
    subscriber,
    lists,
    deps: {
      ...{ db, systemDb, seats, delegate, kms, signing, lists },
      ...{ metrics, forwarder, probes, rateLimits },
    },
    async close() {
      rateLimits.close();
      await delegate.close();
      await kms?.close();
      await Promise.all([db.destroy(), systemDb.destroy(), temporal.close()]);
      redis.disconnect();
      takes?.disconnect();
      subscriber.disconnect();
    },
  };
}
