/** The API, a relay and a worker in one process, so that one registry counts what all of them do. */
import type { Worker } from '@temporalio/worker';
import type { Redis } from 'ioredis';
import { Client as PostgresClient } from 'pg';
import { afterAll } from 'vitest';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { runOutboxRelay } from '../../workers/outbox-relay.ts';
import { keepWorkerRunning } from '../../workers/supervise.ts';
import { watchWorker } from '../../workers/watch-worker.ts';
import { createWorker } from '../../workers/worker.ts';
import { startTestApi } from '../support/api.ts';
import { startTestKms } from '../support/kms.ts';
import { startOwnTemporal } from '../support/own-temporal.ts';
import { startTestRedis } from '../support/redis.ts';
import { workflowBundle } from '../support/temporal.ts';

/** Call it at the top level of a file: it registers an `afterAll`. The worker waits for `startWorker`. */
export async function startMetricsStage() {
  const temporalConfig = await startOwnTemporal();
  const redis = await startTestRedis({ durable: true });
  const kms = await startTestKms();
  const environment = { ...temporalConfig, DATABASE_POOL_SIZE: '3' };
  const api = await startTestApi({ redis, kms, environment });
  const { deps } = api;
  const admin = new PostgresClient({ connectionString: api.database.adminUrl });
  await admin.connect();
  const { client, close } = connectTemporal(temporalConfig);
  const taskQueue = `metrics-${String(process.pid)}`;
  const stopping = new AbortController();
  let present: Worker | null = null;
  watchWorker(deps.metrics, () => present);
  const working: Promise<unknown>[] = [];
  afterAll(async () => {
    stopping.abort();
    await Promise.all(working);
    await Promise.all([admin.end(), close()]);
  });

  const start = async () => {
    const connection = await connectTemporalWorker(temporalConfig);
    const setup = { connection, namespace: 'default', taskQueue, bundle: workflowBundle() };
    const worker = await createWorker(deps, setup);
    return { worker, close: () => connection.close() };
  };
  const relay = (to: typeof client, until: AbortSignal) =>
    runOutboxRelay({ ...deps, db: deps.systemDb, client: to, taskQueue }, until);
  return {
    api,
    admin,
    client,
    startWorker(): void {
      const onWorker = (worker: Worker | null) => (present = worker);
      const supervision = { start, log: deps.log, stopping: stopping.signal, onWorker };
      working.push(keepWorkerRunning(supervision), relay(client, stopping.signal));
    },
    /** Runs a relay that finds no Temporal for as long as the work takes. */
    async whileTemporalIsAway(work: () => Promise<unknown>): Promise<void> {
      const away = connectTemporal({ ...temporalConfig, TEMPORAL_ADDRESS: '127.0.0.1:1' });
      const enough = new AbortController();
      const relaying = relay(away.client, enough.signal);
      await work();
      enough.abort();
      await relaying;
      await away.close();
    },
    /** Sweeps all pools once. */
    sweep: () =>
      client.workflow.execute('reconcilePools', {
        ...{ taskQueue, workflowId: `sweep-${String(process.pid)}-${String(performance.now())}` },
        args: [{ cursor: null, found: {}, repaired: {}, totals: {} }],
      }),
    /** Lets nobody change a session's row while the work is done. */
    async whileRowIsHeld(sessionId: string, work: () => Promise<unknown>): Promise<void> {
      await admin.query('begin');
      await admin.query('select 1 from sessions where id = $1 for update', [sessionId]);
      try {
        await work();
      } finally {
        await admin.query('rollback');
      }
    },
    /** Gives this Redis a replica. */
    async addReplica(): Promise<void> {
      const replica = await startTestRedis();
      await command(replica.port, api.store, ['REPLICAOF', '127.0.0.1', String(redis.port)]);
    },
  };
}

async function command(port: number, like: Redis, [name = '', ...args]: string[]): Promise<void> {
  const redis = like.duplicate({ port });
  await redis.call(name, ...args);
  redis.disconnect();
}
