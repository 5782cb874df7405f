/**
 * The server under test: two API processes, a worker, a durable Postgres, a Redis with a replica, Temporal
 * and a stand-in for Cloud KMS, each a process that can be broken; and the links between them.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureLogins, migrateToLatest } from '../../data/migrate.ts';
import { freePort } from '../../dev/platform/ports.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { startChild, untilReady } from '../../dev/platform/process.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';
import { createOperatorKey } from '../../services/create-operator-key.ts';
import { eventually } from '../support/eventually.ts';
import { openLink, type Link } from './link.ts';
import { editsVariable, type Edit } from './mutate.ts';
import { pinRoots, startKmsPart, type KmsPart } from './kms-part.ts';
import { startPart, type Part } from './part.ts';
import { startRedisPair, type RedisPair } from './redis-pair.ts';

export interface Stack {
  readonly apis: readonly [Part, Part];
  readonly worker: Part;
  readonly postgres: Part;
  readonly temporal: Part;
  readonly redis: RedisPair;
  readonly kms: KmsPart;
  /** Between clients and both API processes, and between the servers and Postgres. */
  readonly links: { readonly client: Link; readonly postgres: Link; readonly redis: Link };
  /** By way of the link. */
  readonly apiUrl: string;
  /** Past the link, for setting up and for reading what is in it. */
  readonly directUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly operatorKey: string;
  /** The roots that a program may pin. */
  readonly rootsFile: string;
  readonly folder: string;
  stop: () => Promise<void>;
}

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Starts everything in a folder of its own. `edits` are mistakes that API and worker are to have. */
export async function startStack(folder: string, edits: readonly Edit[]): Promise<Stack> {
  const stops: (() => Promise<void> | void)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const stores = await startStores(folder, stops);
    const urls = await prepareDatabase(stores.postgresUrl);
    const links = {
      postgres: await openLink([stores.postgresPort]),
      redis: stores.redis.link,
    };
    const servers = await startServers(folder, { stores, urls, links, edits }, stops);
    await signing(servers.metricsPorts);
    const directUrl = `http://127.0.0.1:${String(servers.apiPorts[0])}`;
    const client = await openLink(servers.apiPorts);
    stops.push(
      () => links.postgres.close(),
      () => client.close(),
    );
    return {
      ...{ ...stores, ...servers, folder, stop },
      links: { ...links, client },
      apiUrl: `http://127.0.0.1:${String(client.port)}`,
      directUrl,
      rootsFile: await pinRoots(directUrl, folder),
      databaseUrl: stores.postgresUrl,
      operatorKey: await createOperatorKey(urls.system, 'faults'),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<void> | void)[];

/** Waits for all, so that what came up is stopped later also when another did not come up. */
async function startTogether<Parts extends readonly { stop: () => Promise<void> }[]>(
  stops: Stops,
  starting: { [Place in keyof Parts]: Promise<Parts[Place]> },
): Promise<Parts> {
  for (const result of await Promise.allSettled<Parts[number]>(starting)) {
    if (result.status === 'fulfilled') stops.push(result.value.stop);
  }
  return Promise.all(starting) as Promise<unknown> as Promise<Parts>;
}

async function startStores(folder: string, stops: Stops) {
  const [postgresPort, temporalPort] = [await freePort(), await freePort()];
  const dataDir = join(folder, 'postgres');
  const dir = join(folder, 'temporal');
  let postgresUrl = '';
  const [postgres, temporal, redis, kms] = await startTogether(stops, [
    startPart(async () => {
      const running = await startPostgres({ dataDir, port: postgresPort, durable: true });
      postgresUrl = running.url;
      return running;
    }),
    startPart(() => startTemporal({ dir, port: temporalPort, durable: true, uiPort: null })),
    startRedisPair(folder),
    startKmsPart(folder),
  ]);
  const temporalAddress = `127.0.0.1:${String(temporalPort)}`;
  return { postgres, temporal, redis, kms, postgresPort, postgresUrl, temporalAddress };
}

/** Migrates an empty Postgres and answers its connection strings by role. */
export async function prepareDatabase(adminUrl: string): Promise<{ app: string; system: string }> {
  await migrateToLatest(adminUrl);
  const password = randomBytes(12).toString('hex');
  const roles = ['leasehold_app', 'leasehold_system'] as const;
  await ensureLogins(
    adminUrl,
    roles.map((role) => ({ user: role, role, password })),
  );
  const urlOf = (name: string) =>
    databaseUrl(adminUrl, { database: 'postgres', role: { name, password } });
  return { app: urlOf('leasehold_app'), system: urlOf('leasehold_system') };
}

interface ServerPlan {
  stores: Awaited<ReturnType<typeof startStores>>;
  urls: { app: string; system: string };
  links: { postgres: Link; redis: Link };
  edits: readonly Edit[];
}

async function startServers(folder: string, plan: ServerPlan, stops: Stops) {
  const env = environmentOf(plan);
  const mistakes = plan.edits.length === 0 ? [] : ['--import', './test/faults/mutate.ts'];
  const server = (name: string, script: string, ports: { api: number; metrics: number }) =>
    startPart(async () => {
      const child = await startChild({
        name,
        command: process.execPath,
        args: [...mistakes, script],
        cwd: root,
        logFile: join(folder, `${name}-${String(Date.now())}.log`),
        env: { ...env, API_PORT: String(ports.api), METRICS_PORT: String(ports.metrics) },
      });
      await untilReady(child, () => answers(`http://127.0.0.1:${String(ports.metrics)}/metrics`));
      return child;
    });
  const ports = async () => ({ api: await freePort(), metrics: await freePort() });
  const [first, second] = [await ports(), await ports()];
  const [one, other, worker] = await startTogether(stops, [
    server('api-1', 'api/main.ts', first),
    server('api-2', 'api/main.ts', second),
    server('worker', 'workers/main.ts', await ports()),
  ]);
  const apis: readonly [Part, Part] = [one, other];
  const metricsPorts = [first.metrics, second.metrics];
  return { apis, worker, apiPorts: [first.api, second.api], metricsPorts };
}

/** Resolves when each API process has a key to sign with: the first of them has to make it. */
async function signing(metricsPorts: readonly number[]): Promise<void> {
  const isSigning = async (port: number) => {
    const text = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
    return Number(/^signing_delegate_seconds_left(?:\{.*\})? (\S+)$/m.exec(text)?.[1] ?? 0) > 0;
  };
  for (const port of metricsPorts) {
    await eventually(() => isSigning(port), { withinMs: 60_000, everyMs: 100 });
  }
}

function environmentOf({ stores, urls, links, edits }: ServerPlan): NodeJS.ProcessEnv {
  const through = (url: string, { port }: Link) => {
    const by = new URL(url);
    by.port = String(port);
    return by.href;
  };
  return {
    ...process.env,
    LOG_LEVEL: 'info',
    DATABASE_URL: through(urls.app, links.postgres),
    SYSTEM_DATABASE_URL: through(urls.system, links.postgres),
    REDIS_URL: `redis://127.0.0.1:${String(links.redis.port)}`,
    TEMPORAL_ADDRESS: stores.temporalAddress,
    SESSION_CREDENTIAL_SECRETS: `f1:${randomBytes(32).toString('base64url')}`,
    ...stores.kms.settings,
    SIGNING_SEAL_KEYS: `f1:${randomBytes(32).toString('base64url')}`,
    [editsVariable]: JSON.stringify(edits),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
