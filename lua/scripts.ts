/**
 * The typed door to the seat scripts: one call, one round trip, one parsed answer. The rules that they
 * keep are in `lua/README.md`. All instants are unix milliseconds by the clock of Redis.
 */
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { EndReason } from '../domain/errors.ts';
import type { Fence, PoolConfig, PoolRef } from '../domain/seat.ts';
import { poolKeys } from './keys.ts';
import { loadScript, readScript, type ReadScript } from './load.ts';
import { readPool, type PoolContents } from './read-pool.ts';
import {
  acquireReply,
  configureReply,
  lapseReply,
  pollReply,
  releaseReply,
  renewReply,
  restoreReply,
} from './replies.ts';

export type AcquireReply = z.output<typeof acquireReply>;
export type RenewReply = z.output<typeof renewReply>;
export type ReleaseReply = z.output<typeof releaseReply>;
export type PollReply = z.output<typeof pollReply>;
export type LapseReply = z.output<typeof lapseReply>;
export type ConfigureReply = z.output<typeof configureReply>;
export type RestoreReply = z.output<typeof restoreReply>;

/** One session of one instance. */
export interface SeatRef {
  sessionId: string;
  instanceKey: string;
}

export interface AcquireSeat {
  config: PoolConfig;
  /** The id of the session if a new one begins. */
  sessionId: string;
  instanceKey: string;
  holderId: string;
  wait: boolean;
}

export interface ReleaseSeat extends SeatRef {
  /** Who leaves; null when the session is freed whoever holds it. */
  holderId: string | null;
  /** `leave` takes one holder off; `free` gives the seat up, after the ledger ended the session. */
  mode: 'leave' | 'free';
  reason: EndReason;
}

export interface RestorePool {
  epoch: number;
  first: boolean;
  last: boolean;
  config: PoolConfig;
  seats: readonly (SeatRef & { fence: Fence })[];
  waiters: readonly (SeatRef & { ticket: { epoch: number; n: number } })[];
}

export interface SeatScripts {
  acquireSeat(pool: PoolRef, request: AcquireSeat): Promise<AcquireReply>;
  renewLease(pool: PoolRef, holder: SeatRef & { holderId: string }): Promise<RenewReply>;
  releaseSeat(pool: PoolRef, request: ReleaseSeat): Promise<ReleaseReply>;
  pollQueue(pool: PoolRef, session: SeatRef): Promise<PollReply>;
  lapseLeases(pool: PoolRef, request: Partial<SeatRef> & { drop: boolean }): Promise<LapseReply>;
  configurePool(pool: PoolRef, config: PoolConfig): Promise<ConfigureReply>;
  restorePool(pool: PoolRef, chunk: RestorePool): Promise<RestoreReply>;
  /** Forgets dropped sessions whose rows have ended. */
  acknowledgeDropped(pool: PoolRef, sessionIds: readonly string[]): Promise<void>;
  /** Everything that holds or waits, or null when Redis does not hold the pool. */
  readPool(pool: PoolRef): Promise<PoolContents | null>;
}

type Argument = string | number;
type Command = (...args: Argument[]) => Promise<unknown>;

const names = [
  'acquire-seat',
  'renew-lease',
  'release-seat',
  'poll-queue',
  'lapse-leases',
  'configure-pool',
  'restore-pool',
] as const;

export interface ScriptOptions {
  /** Lets a test change a script's text: a mutant. */
  read?: ReadScript;
  /**
   * Tells scripts the time instead of Redis's clock. Only for tests: it takes another text of the
   * scripts, so that no argument can move the clock of those that production loads.
   */
  testClock?: () => number;
}

/** Registers the scripts with a connection. */
export function createSeatScripts(redis: Redis, options: ScriptOptions = {}): SeatScripts {
  const { testClock } = options;
  const load = { read: readerOf(options) };
  const commands = Object.fromEntries(
    names.map((name) => [name, defineCommand(redis, name, loadScript(name, load))]),
  ) as Record<(typeof names)[number], Command>;

  const run = async <Reply extends z.ZodType>(
    name: (typeof names)[number],
    reply: Reply,
    pool: PoolRef,
    args: Argument[],
  ): Promise<z.output<Reply>> => {
    const clock = testClock === undefined ? [] : [testClock()];
    return reply.parse(await commands[name](...poolKeys(pool), ...args, ...clock));
  };

  return {
    acquireSeat: (pool, { config, sessionId, instanceKey, holderId, wait }) =>
      run('acquire-seat', acquireReply, pool, [
        sessionId,
        instanceKey,
        holderId,
        wait ? 1 : 0,
        ...configArguments(config),
      ]),
    renewLease: (pool, { sessionId, instanceKey, holderId }) =>
      run('renew-lease', renewReply, pool, [sessionId, instanceKey, holderId]),
    releaseSeat: (pool, { sessionId, instanceKey, holderId, mode, reason }) =>
      run('release-seat', releaseReply, pool, [
        sessionId,
        instanceKey,
        holderId ?? '',
        mode,
        reason,
      ]),
    pollQueue: (pool, { sessionId, instanceKey }) =>
      run('poll-queue', pollReply, pool, [sessionId, instanceKey]),
    lapseLeases: (pool, { sessionId = '', instanceKey = '', drop }) =>
      run('lapse-leases', lapseReply, pool, [sessionId, instanceKey, drop ? 1 : 0]),
    configurePool: (pool, config) =>
      run('configure-pool', configureReply, pool, configArguments(config)),
    restorePool: (pool, chunk) =>
      run('restore-pool', restoreReply, pool, [
        chunk.epoch,
        chunk.first ? 1 : 0,
        chunk.last ? 1 : 0,
        ...configArguments(chunk.config),
        JSON.stringify(chunk.seats.map(seatTuple)),
        JSON.stringify(chunk.waiters.map(waiterTuple)),
      ]),
    async acknowledgeDropped(pool, sessionIds) {
      const [, , , , ended] = poolKeys(pool);
      if (sessionIds.length > 0 && ended !== undefined) await redis.hdel(ended, ...sessionIds);
    },
    readPool: (pool) => readPool(redis, pool),
  };
}

/** The include that reads the clock, as tests load it: the last argument of each call is the time. */
const testNow = 'local function now() return tonumber(ARGV[#ARGV]) end';

function readerOf({ read = readScript, testClock }: ScriptOptions): ReadScript {
  if (testClock === undefined) return read;
  return (path) => (path.endsWith('/include/now.lua') ? testNow : read(path));
}

function defineCommand(redis: Redis, name: string, lua: string): Command {
  redis.defineCommand(name, { lua, numberOfKeys: 5 });
  const command = (redis as unknown as Record<string, Command | undefined>)[name];
  if (command === undefined) throw new Error(`Redis client did not take the script ${name}`);
  return command.bind(redis);
}

/** The settings in the order in which the scripts read them. */
function configArguments(config: PoolConfig): Argument[] {
  return [
    config.version,
    config.limit,
    config.overdraft,
    config.status,
    config.validUntil ?? '',
    config.leaseMs,
    config.heartbeatMs,
    config.signalEveryMs,
    config.holdersMax,
    config.queueMax,
    config.queueWaitMs,
    config.offerMs,
    config.livenessMs,
  ];
}

function seatTuple({ sessionId, instanceKey, fence }: RestorePool['seats'][number]) {
  return [sessionId, instanceKey, fence.epoch, fence.counter];
}

function waiterTuple({ sessionId, instanceKey, ticket }: RestorePool['waiters'][number]) {
  return [sessionId, instanceKey, ticket.epoch, ticket.n];
}
