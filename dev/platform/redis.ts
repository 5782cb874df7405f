import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findRedisServer } from '../setup/places.mjs';
import { freePort } from './ports.ts';
import { startChild, untilReady, type Child } from './process.ts';

/** What a Redis server is started with. */
export interface RedisOptions {
  /** Holds its data and its log; made when missing. */
  readonly dir: string;
  /** A free one unless given. */
  readonly port?: number;
  /** true: an append-only file written every second, read back at the next start. */
  readonly durable: boolean;
  readonly pidFile?: string;
  /** Further settings by their names in redis.conf; they win over the others. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A command that runs the rest of its arguments in its place; the server itself unless given. */
  readonly through?: readonly [string, ...string[]];
}

/** A Redis that answers commands. */
export interface RunningRedis extends Child {
  readonly url: string;
  readonly port: number;
}

/**
 * Starts Redis (or Valkey) on 127.0.0.1 and waits until it has loaded its data. It refuses writes
 * when memory is full instead of evicting a seat.
 * @throws Error when no server is installed or it does not come up.
 */
export async function startRedis(options: RedisOptions): Promise<RunningRedis> {
  const command = findRedisServer();
  if (command === null) {
    throw new Error('Redis is missing: install redis-server or valkey-server and start again.');
  }
  await mkdir(options.dir, { recursive: true });
  const port = options.port ?? (await freePort());
  const [program, ...args] = [...(options.through ?? []), command] as [string, ...string[]];
  const child = await startChild({
    name: 'redis',
    command: program,
    args: [...args, ...serverArguments(options, port)],
    cwd: options.dir,
    logFile: join(options.dir, 'redis.log'),
    ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
  });
  await untilReady(child, () => answersPing(port));
  return { ...child, url: `redis://127.0.0.1:${String(port)}`, port };
}

function serverArguments({ dir, durable, settings = {} }: RedisOptions, port: number): string[] {
  return [
    ...['--port', String(port)],
    ...['--bind', '127.0.0.1'],
    ...['--dir', dir],
    ...['--daemonize', 'no'],
    ...['--save', ''],
    ...['--appendonly', durable ? 'yes' : 'no'],
    ...['--appendfsync', 'everysec'],
    ...['--maxmemory-policy', 'noeviction'],
    ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]),
  ];
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.setTimeout(1_000, () => {
      answer(false);
    });
    socket.once('error', () => {
      answer(false);
    });
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      answer(data.toString().startsWith('+PONG'));
    });
  });
}
