import { execFile } from 'node:child_process';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePort } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { postgresFolder, superuserPassword, type PostgresFolder } from './postgres-folder.ts';
import { postgresUser, type UnixUser } from './postgres-user.ts';
import { startChild, untilReady, type Child } from './process.ts';

/** What a Postgres server is started with. */
export interface PostgresOptions {
  /** Holds the cluster, its password and its log; made when missing. */
  readonly dataDir: string;
  /** A free one unless given. */
  readonly port?: number;
  /** false: nothing is forced to disk. Fast, and lost in a crash of the machine. */
  readonly durable: boolean;
  readonly pidFile?: string;
}

/** A Postgres that answers queries. */
export interface RunningPostgres extends Child {
  readonly port: number;
  /** The superuser's connection string to the database `postgres`. */
  readonly url: string;
}

const superuser = 'leasehold_admin';

/**
 * Starts Postgres on 127.0.0.1, after making the cluster when there is none, and waits until it
 * answers (after a crash: until it has recovered). Passwords only, no Unix socket. Works as root:
 * see `postgres-user.ts` and `postgres-folder.ts`.
 * @throws Error when it cannot be run here, or its cluster belongs to another major version.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const user = await postgresUser();
  const binaries = await postgresBinaries(user);
  const folder = await postgresFolder(options.dataDir, user);
  const password = await superuserPassword(folder, user);
  await makeCluster({ binaries, folder, user, durable: options.durable });
  const port = options.port ?? (await freePort());
  const child = await startChild({
    name: 'postgres',
    command: join(binaries, 'bin', 'postgres'),
    args: ['-D', folder.cluster, ...settings(port, options.durable)],
    cwd: '/',
    // The fast shutdown: ends connections instead of waiting for them.
    stopSignal: 'SIGINT',
    logFile: join(options.dataDir, 'postgres.log'),
    ...(user === undefined ? {} : { user }),
    ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
  });
  const url = `postgres://${superuser}:${password}@127.0.0.1:${String(port)}/postgres`;
  await untilReady(child, () => answersQuery(url), 60_000);
  return { ...child, port, url };
}

/** The same server's connection string for another database, and role if given. */
export function databaseUrl(
  url: string,
  to: { database: string; role?: { name: string; password: string } },
): string {
  const other = new URL(url);
  other.pathname = `/${to.database}`;
  if (to.role !== undefined) {
    other.username = to.role.name;
    other.password = to.role.password;
  }
  return other.href;
}

interface ClusterPlan {
  readonly binaries: string;
  readonly folder: PostgresFolder;
  readonly user: UnixUser | undefined;
  readonly durable: boolean;
}

async function makeCluster({ binaries, folder, user, durable }: ClusterPlan): Promise<void> {
  const run = promisify(execFile);
  const postgres = join(binaries, 'bin', 'postgres');
  const { stdout } = await run(postgres, ['--version'], { ...user, cwd: '/' });
  const major = /\b(\d+)\./.exec(stdout)?.[1] ?? '';
  if ((await stat(folder.cluster).catch(() => null)) !== null) {
    await refuseOtherMajor(folder.cluster, major);
    return;
  }
  // An interrupted initdb leaves a half-made cluster: it gets its name when it is whole.
  const making = `${folder.cluster}.making`;
  await rm(making, { recursive: true, force: true });
  await run(
    join(binaries, 'bin', 'initdb'),
    [
      ...['-D', making, '-U', superuser, `--pwfile=${folder.passwordFile}`],
      ...['-A', 'scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-instructions'],
      ...(durable ? [] : ['--no-sync']),
    ],
    { ...user, cwd: '/', env: { ...process.env, LC_ALL: 'C' } },
  );
  await rename(making, folder.cluster);
}

async function refuseOtherMajor(cluster: string, major: string): Promise<void> {
  const made = (await readFile(join(cluster, 'PG_VERSION'), 'utf8')).trim();
  if (made === major) return;
  throw new Error(
    `The data in ${cluster} was made by Postgres ${made}, this is ${major}: npm start -- --reset`,
  );
}

function settings(port: number, durable: boolean): string[] {
  const always = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const hasty = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const chosen = durable ? always : { ...always, ...hasty };
  return Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function answersQuery(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  // A server that ends while starting up also reports it here, besides failing the query.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
