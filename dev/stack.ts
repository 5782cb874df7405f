/**
 * The whole server on this machine: Postgres, Redis, Temporal, a stand-in for Cloud KMS, API and worker, each
 * a process of its own whose state lives in one folder. A part that dies is started again after two seconds.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ensureLogins, migrateToLatest } from '../data/migrate.ts';
import { generousBudgets } from './generous-budgets.ts';
import { heapOption } from './heap-option.ts';
import { startKms } from './platform/kms.ts';
import { preferredOrFreePort } from './platform/ports.ts';
import { databaseUrl, startPostgres } from './platform/postgres.ts';
import { startChild, stopInOrder, untilReady, type Child } from './platform/process.ts';
import { startRedis } from './platform/redis.ts';
import { startTemporal } from './platform/temporal.ts';
import { createOperatorKey } from '../services/create-operator-key.ts';
import { seedDemo } from './seed.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const restartAfterMs = 2_000;

const settingsSchema = z.object({
  rolePassword: z.string(),
  credentialSecrets: z.string(),
  /** Missing in the state of before anything was signed. */
  sealKeys: z.string().default(makeSecret),
  operatorKey: z.string().nullable(),
  demo: z
    .object({
      tenantId: z.string(),
      tenantKey: z.string(),
      licenseId: z.string(),
      licenseKey: z.string(),
      product: z.string(),
      productId: z.string(),
      demoPlanId: z.string(),
    })
    .nullable(),
});
type Settings = z.output<typeof settingsSchema>;
type PartName = 'postgres' | 'redis' | 'temporal' | 'kms' | 'api' | 'worker';

export interface Stack {
  apiUrl: string;
  metricsUrl: string;
  workerMetricsUrl: string;
  temporalUiUrl: string;
  temporalAddress: string;
  redisUrl: string;
  databaseUrl: string;
  operatorKey: string;
  demo: NonNullable<Settings['demo']>;
  pids: Record<PartName, number>;
  stop: () => Promise<void>;
}

/** What is told while the stack starts and runs. */
export interface StackListener {
  progress: (text: string) => void;
  /** A part ended by itself, and is started again. */
  died: (part: string, why: string) => void;
}

/** Starts everything on what the folder holds, or from nothing. */
export async function startStack(folder: string, listener: StackListener): Promise<Stack> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const settings = await readSettings(folder);
  const parts = createParts(listener);
  try {
    listener.progress('Starting Postgres, Redis, Temporal and a stand-in for Cloud KMS');
    const stores = await startStores(folder, parts);
    listener.progress('Migrating the database');
    const urls = await prepareDatabase(stores.postgres.url, settings);
    listener.progress('Starting API and worker');
    const servers = await startServers(folder, parts, { stores, urls, settings });
    settings.operatorKey ??= await createOperatorKey(urls.system, 'npm start');
    await writeSettings(folder, settings);
    settings.demo ??= await seedDemo(servers.apiUrl, settings.operatorKey);
    await writeSettings(folder, settings);
    const { operatorKey, demo } = settings;
    return {
      ...servers,
      temporalUiUrl: stores.temporal.uiUrl ?? '',
      temporalAddress: stores.temporal.address,
      redisUrl: stores.redis.url,
      databaseUrl: urls.app,
      operatorKey,
      demo,
      pids: parts.pids,
      stop: parts.stop,
    };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** Keeps parts running until they are stopped, and knows their present pids. */
function createParts(listener: StackListener) {
  const running = new Map<PartName, Child>();
  const pids: Record<PartName, number> = {
    ...{ postgres: 0, redis: 0, temporal: 0, kms: 0, api: 0, worker: 0 },
  };
  const stopping = new AbortController();

  async function start<Part extends Child>(
    name: PartName,
    begin: () => Promise<Part>,
  ): Promise<Part> {
    const part = await begin();
    running.set(name, part);
    pids[name] = part.pid;
    void part.exited
      .then((why) => restart(name, why, begin))
      // Asked to stop while it waited: there is nothing to start again.
      .catch(() => undefined);
    return part;
  }

  async function restart(name: PartName, why: string, begin: () => Promise<Child>): Promise<void> {
    running.delete(name);
    if (stopping.signal.aborted) return;
    listener.died(name, why);
    await delay(restartAfterMs, undefined, { signal: stopping.signal });
    // A part that cannot come back is tried again like one that died.
    await start(name, begin).catch((error: unknown) => restart(name, String(error), begin));
  }

  async function stop(): Promise<void> {
    stopping.abort();
    const of = (names: PartName[]) => names.flatMap((name) => running.get(name) ?? []);
    await stopInOrder([of(['api', 'worker']), of(['temporal', 'redis', 'kms', 'postgres'])]);
  }

  return { start, stop, pids };
}

type Parts = ReturnType<typeof createParts>;

async function startStores(folder: string, parts: Parts) {
  const pidFile = (name: string) => join(folder, `${name}.pid`);
  // Ports are chosen once, so that a part that is started again is found where it was.
  const [postgresPort, redisPort, temporalPort, uiPort, kmsPort] = [
    await preferredOrFreePort(15_432),
    await preferredOrFreePort(16_379),
    await preferredOrFreePort(7_233),
    await preferredOrFreePort(8_233),
    await preferredOrFreePort(9_010),
  ];
  const [postgres, redis, temporal, kms] = await Promise.all([
    parts.start('postgres', () =>
      startPostgres({
        dataDir: join(folder, 'postgres'),
        port: postgresPort,
        durable: true,
        pidFile: pidFile('postgres'),
      }),
    ),
    parts.start('redis', () =>
      startRedis({
        dir: join(folder, 'redis'),
        port: redisPort,
        durable: true,
        pidFile: pidFile('redis'),
      }),
    ),
    parts.start('temporal', () =>
      startTemporal({
        dir: join(folder, 'temporal'),
        port: temporalPort,
        uiPort,
        durable: true,
        pidFile: pidFile('temporal'),
      }),
    ),
    parts.start('kms', () =>
      startKms({ dir: join(folder, 'kms'), port: kmsPort, pidFile: pidFile('kms') }),
    ),
  ]);
  return { postgres, redis, temporal, kms };
}

async function prepareDatabase(
  adminUrl: string,
  { rolePassword }: Settings,
): Promise<{ app: string; system: string }> {
  await migrateToLatest(adminUrl);
  const roles = ['leasehold_app', 'leasehold_system'] as const;
  await ensureLogins(
    adminUrl,
    roles.map((role) => ({ user: role, role, password: rolePassword })),
  );
  const urlOf = (name: string) =>
    databaseUrl(adminUrl, { database: 'postgres', role: { name, password: rolePassword } });
  return { app: urlOf('leasehold_app'), system: urlOf('leasehold_system') };
}

async function startServers(
  folder: string,
  parts: Parts,
  {
    stores,
    urls,
    settings,
  }: {
    stores: Awaited<ReturnType<typeof startStores>>;
    urls: { app: string; system: string };
    settings: Settings;
  },
) {
  const apiPort = await preferredOrFreePort(8_080);
  const metricsPorts = {
    api: await preferredOrFreePort(9_464),
    worker: await preferredOrFreePort(9_465),
  };
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const env = {
    // A server to try out is not to refuse whoever measures it; its headers tell the budgets all the same.
    ...generousBudgets,
    ...process.env,
    DATABASE_URL: urls.app,
    SYSTEM_DATABASE_URL: urls.system,
    REDIS_URL: stores.redis.url,
    TEMPORAL_ADDRESS: stores.temporal.address,
    API_PORT: String(apiPort),
    PUBLIC_URL: apiUrl,
    SESSION_CREDENTIAL_SECRETS: settings.credentialSecrets,
    KMS_KEY: stores.kms.keyName,
    KMS_ENDPOINT: stores.kms.endpoint,
    KMS_PROTECTION_LEVEL: 'HSM',
    SIGNING_SEAL_KEYS: settings.sealKeys,
  };
  const startServer = (name: 'api' | 'worker', script: string) =>
    parts.start(name, async () => {
      const child = await startChild({
        name,
        command: process.execPath,
        args: [heapOption, join(root, script)],
        logFile: join(folder, `${name}.log`),
        env: { ...env, METRICS_PORT: String(metricsPorts[name]) },
        pidFile: join(folder, `${name}.pid`),
      });
      const probe =
        name === 'api'
          ? `${apiUrl}/health/ready`
          : `http://127.0.0.1:${metricsPorts.worker}/metrics`;
      await untilReady(child, () => answers(probe));
      return child;
    });
  await Promise.all([startServer('api', 'api/main.ts'), startServer('worker', 'workers/main.ts')]);
  return {
    apiUrl,
    metricsUrl: `http://127.0.0.1:${metricsPorts.api}/metrics`,
    workerMetricsUrl: `http://127.0.0.1:${metricsPorts.worker}/metrics`,
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

async function readSettings(folder: string): Promise<Settings> {
  try {
    return settingsSchema.parse(JSON.parse(await readFile(join(folder, 'settings.json'), 'utf8')));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
      throw new Error('The state of an earlier run cannot be read. Begin again with --reset.', {
        cause: error,
      });
    }
  }
  const settings = {
    rolePassword: randomBytes(18).toString('hex'),
    credentialSecrets: makeSecret(),
    sealKeys: makeSecret(),
    operatorKey: null,
    demo: null,
  };
  await writeSettings(folder, settings);
  return settings;
}

function makeSecret(): string {
  return `k1:${randomBytes(32).toString('base64url')}`;
}

async function writeSettings(folder: string, settings: Settings): Promise<void> {
  const text = JSON.stringify(settings, null, 2);
  await writeFile(join(folder, 'settings.json'), text, { mode: 0o600 });
}
