/** The servers of a bench on this machine: each a process of its own, in a folder that goes with it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureLogins, migrateToLatest } from '../../data/migrate.ts';
import { generousBudgets } from '../../dev/generous-budgets.ts';
import { heapOption } from '../../dev/heap-option.ts';
import { startKms } from '../../dev/platform/kms.ts';
import { isListening, freePort } from '../../dev/platform/ports.ts';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { startChild, stopInOrder, untilReady, type Child } from '../../dev/platform/process.ts';
import { startRedis } from '../../dev/platform/redis.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';
import { createOperatorKey } from '../../services/create-operator-key.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Server extends Child {
  port: number;
  metricsPort: number;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/**
 * Starts Postgres with fsync, Redis and one API process as in production. Temporal and the worker come
 * with `startWorker`; until then the outbox keeps what they would be told.
 */
export async function startWorld() {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-bench-'));
  const parts: Child[] = [];
  const keep = <Part extends Child>(part: Part): Part => {
    parts.push(part);
    return part;
  };
  const [postgres, redis] = await Promise.all([
    startPostgres({ dataDir: join(folder, 'postgres'), durable: true }).then(keep),
    startRedis({ dir: join(folder, 'redis'), durable: true }).then(keep),
  ]);
  const urls = await prepareDatabase(postgres.url);
  const secret = randomBytes(32).toString('base64url');
  const temporalPort = await freePort();
  const environment = {
    NODE_ENV: 'production',
    ...generousBudgets,
    DATABASE_URL: urls.app,
    SYSTEM_DATABASE_URL: urls.system,
    REDIS_URL: redis.url,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    SESSION_CREDENTIAL_SECRETS: `k1:${secret}`,
    // Counted as always, and never reached: one key makes all the load here.
    RATE_LIMIT_HEARTBEATS: '1000000',
    RATE_LIMIT_RELEASES: '1000000',
    RATE_LIMIT_ACQUIRES: '1000000',
    RATE_LIMIT_READS: '1000000',
    RATE_LIMIT_ADMIN: '1000000',
  };

  const startServer = async (name: string, script: string, more: Record<string, string>) => {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const env = { ...process.env, ...environment, ...more };
    const child = await startChild({
      name,
      command: process.execPath,
      args: [heapOption, ...profiling(name, folder), join(root, script)],
      logFile: join(folder, `${name}-${port}.log`),
      env: {
        ...{ ...env, API_PORT: String(port), METRICS_PORT: String(metricsPort) },
        ...{ FLOOR_PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` },
      },
      stopTimeoutMs: 12_000,
    });
    const probed = name === 'worker' ? metricsPort : port;
    await untilReady(child, () => isListening(probed));
    return keep({ ...child, port, metricsPort });
  };

  const startWorker = async () => {
    const dir = join(folder, 'temporal');
    const temporal = keep(
      await startTemporal({ dir, durable: true, port: temporalPort, uiPort: null }),
    );
    const worker = await startServer('worker', 'workers/main.ts', {});
    return { temporal, worker, stop: () => stopInOrder([[worker], [temporal]]) };
  };

  return {
    folder,
    urls,
    secret,
    redis,
    postgres,
    operatorKey: await createOperatorKey(urls.system, 'bench'),
    api: await startServer('api', 'api/main.ts', {}),
    /** A further API process; its environment may differ. */
    startApi: (more: Record<string, string> = {}) => startServer('api', 'api/main.ts', more),
    startKms: async () => keep(await startKms({ dir: join(folder, 'kms') })),
    startFloors: (settings: Record<string, string>) =>
      startServer('floors', 'test/load/floors/main.ts', {
        ...{ FLOOR_DATABASE_URL: urls.app, FLOOR_REDIS_URL: redis.url, FLOOR_SECRET: secret },
        ...settings,
      }),
    startWorker,
    async close() {
      const isStore = ({ name }: Child) => ['postgres', 'redis', 'temporal'].includes(name);
      await stopInOrder([parts.filter((part) => !isStore(part)), parts.filter(isStore)]);
      await removePostgresFolder(join(folder, 'postgres'));
      if (process.env['BENCH_PROFILE'] === undefined) {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

/** `BENCH_PROFILE=api`: that process leaves a CPU profile in the folder, which is kept. */
function profiling(name: string, folder: string): string[] {
  return process.env['BENCH_PROFILE'] === name ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [];
}

async function prepareDatabase(adminUrl: string) {
  const password = randomBytes(18).toString('hex');
  await migrateToLatest(adminUrl);
  await ensureLogins(adminUrl, [
    { user: 'leasehold_app', role: 'leasehold_app', password },
    { user: 'leasehold_system', role: 'leasehold_system', password },
  ]);
  const urlOf = (name: string) =>
    databaseUrl(adminUrl, { database: 'postgres', role: { name, password } });
  return { app: urlOf('leasehold_app'), system: urlOf('leasehold_system') };
}
