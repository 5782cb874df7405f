import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { findTemporalCli } from '../setup/places.mjs';
import { freePort, isListening } from './ports.ts';
import { startChild, untilReady, type Child } from './process.ts';
import { searchAttributes } from '../../workflows/contract.ts';

/** What a Temporal dev server is started with. */
export interface TemporalOptions {
  /** Holds its log, and its database when durable; made when missing. */
  readonly dir: string;
  /** true: an SQLite file, so that open sessions survive a restart. */
  readonly durable: boolean;
  /** The gRPC port; a free one unless given. */
  readonly port?: number;
  /** The port of the web interface, or null for none. */
  readonly uiPort: number | null;
  readonly pidFile?: string;
}

/** A Temporal server whose namespace `default` answers. */
export interface RunningTemporal extends Child {
  /** host:port for gRPC. */
  readonly address: string;
  readonly port: number;
  readonly uiUrl: string | null;
}

/**
 * Starts the Temporal dev server on 127.0.0.1 with our search attributes and waits until its
 * namespace answers.
 * @throws Error when the CLI is not installed or the server does not come up.
 */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const command = findTemporalCli();
  if (command === null) throw new Error('The Temporal CLI is missing: run npm start or npm test.');
  await mkdir(options.dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const child = await startChild({
    name: 'temporal',
    command,
    args: await serverArguments(options, port),
    logFile: join(options.dir, 'temporal.log'),
    ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
  });
  const address = `127.0.0.1:${String(port)}`;
  // gRPC waits a whole second before it knocks again, so it is asked only once somebody listens.
  await untilReady(child, async () => (await isListening(port)) && namespaceAnswers(address));
  const uiUrl = options.uiPort === null ? null : `http://127.0.0.1:${String(options.uiPort)}`;
  return { ...child, address, port, uiUrl };
}

async function serverArguments(options: TemporalOptions, port: number): Promise<string[]> {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port)],
    // Left unset, these two are picked late and may collide with a neighbour's.
    ...['--http-port', String(await freePort()), '--metrics-port', String(await freePort())],
    ...['--log-format', 'json', '--log-level', 'warn'],
    ...(options.uiPort === null ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
    // With the default of four partitions the dev server stalls for two seconds now and then.
    ...['--dynamic-config-value', 'matching.numTaskqueueReadPartitions=1'],
    ...['--dynamic-config-value', 'matching.numTaskqueueWritePartitions=1'],
    ...searchAttributes.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...(options.durable ? databaseArguments(options.dir) : []),
  ];
}

function databaseArguments(dir: string): string[] {
  return [
    ...['--db-filename', join(dir, 'temporal.db')],
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=1'],
  ];
}

async function namespaceAnswers(address: string): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      await connection.withDeadline(Date.now() + 1_000, () =>
        connection.workflowService.describeNamespace({ namespace: 'default' }),
      );
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    return false;
  }
}
