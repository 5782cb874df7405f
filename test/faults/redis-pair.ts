import { execFile } from 'node:child_process';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { freePort } from '../../dev/platform/ports.ts';
import { startRedis } from '../../dev/platform/redis.ts';
import { connectRedis } from '../../platform/redis.ts';
import { openLink, type Link } from './link.ts';
import { startPart, type Part } from './part.ts';

/** A Redis with an append-only file, a replica of it, and what leads clients to whichever is primary. */
export interface RedisPair {
  /** Where clients go. */
  readonly link: Link;
  readonly primary: () => Node;
  readonly replica: () => Node;
  /** How the replica hears of writes; stalled, it lags. */
  readonly replication: Link;
  /** The replica becomes the primary, the link leads to it, and the old one is its replica once it runs. */
  promote: () => Promise<void>;
  /** What the primary wrote is gone, as with a server that has no append-only file. */
  forget: () => Promise<void>;
  /** From now on the primary's disk is full, until the room is given back. */
  fillDisk: () => Promise<() => Promise<void>>;
  /** Waits until the replica has all that the primary has. */
  synced: () => Promise<void>;
  stop: () => Promise<void>;
}

interface Node extends Part {
  port: number;
  dir: string;
  store: Redis;
}

/** A process that ignores the signal is told of a file that grew too long by an error, as of a full disk. */
const ignoreFileSize = ['/bin/sh', '-c', 'trap \'\' XFSZ; exec "$@"', 'sh'] as const;

/** Starts both, the second as replica of the first. */
export async function startRedisPair(folder: string): Promise<RedisPair> {
  const ports = [await freePort(), await freePort()] as const;
  const link = await openLink([ports[0]]);
  const replication = await openLink([ports[0]]);
  const roles = { primaryPort: ports[0] };
  const node = async (port: number): Promise<Node> => {
    const dir = join(folder, `redis-${String(port)}`);
    const part = await startPart(() => {
      const source = { replicaof: `127.0.0.1 ${String(replication.port)}` };
      const settings = port === roles.primaryPort ? {} : source;
      const common = { 'repl-diskless-sync': 'yes', 'repl-diskless-sync-delay': '0' };
      const all = { ...common, ...settings };
      return startRedis({ dir, port, durable: true, settings: all, through: ignoreFileSize });
    });
    const url = `redis://127.0.0.1:${String(port)}`;
    return { ...part, port, dir, store: connectRedis({ url, name: 'faults', onError }) };
  };
  const nodes = [await node(ports[0]), await node(ports[1])] as const;
  const primary = () => (roles.primaryPort === ports[0] ? nodes[0] : nodes[1]);
  const replica = () => (roles.primaryPort === ports[0] ? nodes[1] : nodes[0]);
  const appendOnly = () => join(primary().dir, 'appendonlydir');

  return {
    ...{ link, primary, replica, replication },
    async promote() {
      const next = replica();
      await next.store.replicaof('NO', 'ONE');
      roles.primaryPort = next.port;
      replication.lead([next.port]);
      link.lead([next.port]);
    },
    forget: () => rm(appendOnly(), { recursive: true, force: true }),
    async fillDisk() {
      const pid = String(primary().pid());
      const bytes = await lengthOfNewest(appendOnly());
      await limitFiles(pid, String(bytes));
      return () => limitFiles(pid, 'unlimited');
    },
    async synced() {
      await until(async () => {
        const written = offsetIn(await primary().store.info('replication'), 'master_repl_offset');
        const info = await replica().store.info('replication');
        return (
          info.includes('master_link_status:up') &&
          !info.includes('master_sync_in_progress:1') &&
          offsetIn(info, 'slave_repl_offset') >= written
        );
      });
    },
    async stop() {
      for (const { store } of nodes) store.disconnect();
      link.close();
      replication.close();
      await Promise.all(nodes.map((each) => each.stop()));
    },
  };
}

const onError = () => undefined;

/** A place in the stream of writes; NaN where the server tells none. */
function offsetIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? NaN);
}

/**
 * The file that the server appends to. One that was made of a whole copy, as after a promotion, may be
 * much longer: with its length as the limit nothing would fail.
 */
async function lengthOfNewest(folder: string): Promise<number> {
  const numbered = (await readdir(folder)).flatMap((file) => {
    const number = /\.(\d+)\.incr\.aof$/.exec(file)?.[1];
    return number === undefined ? [] : [{ file, number: Number(number) }];
  });
  const newest = numbered.toSorted((one, other) => one.number - other.number).at(-1);
  if (newest === undefined) throw new Error(`There is nothing in ${folder} that is appended to`);
  return Math.max(1, (await stat(join(folder, newest.file))).size);
}

async function limitFiles(pid: string, bytes: string): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', pid, `--fsize=${bytes}:unlimited`]);
}

/** Looks again until it is true, for ten seconds at most. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isTrue().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The replica did not follow its primary within 10 s');
}
