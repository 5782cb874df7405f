import type { Redis } from 'ioredis';
import type { EndReason } from '../domain/errors.ts';
import type { Fence, PoolConfig, PoolRef } from '../domain/seat.ts';
import { defineScript, type Argument, type ScriptOptions } from './define-script.ts';
import { endedKey } from './keys.ts';
import { packPoolConfig } from './pool-config.ts';
import * as replies from './replies.ts';
import { untilReplicated, type Replicated } from './replicated.ts';
import { readPages, type PoolContents } from './read-pool.ts';
import { scanPools, type ScannedPools } from './scan-pools.ts';
import type { ReplyOf, ReplyReaders } from './replies.ts';

export type { PoolContents };
export type AcquireReply = ReplyOf<typeof replies.acquireReplies>;
export type RenewReply = ReplyOf<typeof replies.renewReplies>;
export type ReleaseReply = ReplyOf<typeof replies.releaseReplies>;
export type PollReply = ReplyOf<typeof replies.pollReplies>;
export type LapseReply = ReplyOf<typeof replies.lapseReplies>;
export type ConfigureReply = ReplyOf<typeof replies.configureReplies>;
export type RestoreReply = ReplyOf<typeof replies.restoreReplies>;
export type CountReply = ReplyOf<typeof replies.countReplies>;

/** One session of one instance. */
export interface SeatRef {
  sessionId: string;
  instanceKey: string;
}

export interface AcquireSeat extends SeatRef {
  /** The license as it was read for this call. */
  config: PoolConfig;
  /** What the license's tokens say of it; any text, kept for heartbeats under the config's version. */
  terms: string;
  /** Counts once among those that have offline rights, however many sessions it has. */
  device: string;
  /** Whether its offline rights outlast a clean stop. */
  keepsRights: boolean;
  /** Id of the key that signs tokens; empty when none does. */
  signer: string;
  /** A fresh id, used only if a new session begins. */
  sessionId: string;
  holderId: string;
  /** Whether to queue when no seat is free. An instance that waits already goes on waiting. */
  wait: boolean;
  /**
   * A session to end for its seat when there is none otherwise. `instanceKey` says whose it is, as the
   * caller has verified; null when it is none of the caller's, which refuses.
   */
  takeover?: { sessionId: string; instanceKey: string | null } | undefined;
}

export interface ReleaseSeat extends SeatRef {
  /** Who leaves; null for all holders. Without meaning for the other modes. */
  holderId: string | null;
  /**
   * `leave` takes a holder off; `free` empties the place of a session that the ledger has ended; `drop`
   * that of one that the ledger does not know, and reports it until the ledger does.
   */
  mode: 'leave' | 'free' | 'drop';
  reason: EndReason;
  /** What becomes of the rights of what is freed; left out: what the reason and the session imply. */
  rights?: 'keep' | 'discard';
  /** `leave` only what is due right then and has not moved since, in unix milliseconds. Left out: whenever. */
  givenUntil?: number;
}

export interface RestorePool {
  /** The pool's epoch after it was raised for this restore. */
  epoch: number;
  first: boolean;
  last: boolean;
  config: PoolConfig;
  terms: string;
  /** At most 500 seats, waiters and devices together. */
  seats: readonly RestoredSeat[];
  waiters: readonly (SeatRef & { ticket: { epoch: number; n: number } })[];
  /** Devices whose sessions are over, and the latest instant until which they may have offline rights. */
  devices: readonly { device: string; hardUntil: number }[];
}

export interface RestoredSeat extends SeatRef {
  fence: Fence;
  /** False: one holder at most has had it, so that its leave is the last. */
  isShared: boolean;
  device: string;
  keepsRights: boolean;
  /** How long its offline rights may last after a beat, in milliseconds; null for online-only. */
  rightsMs: number | null;
}

export interface RenewLease extends SeatRef {
  holderId: string;
  /** Id of the key that signs tokens; empty when none does. */
  signer: string;
  /** Whether to sign a token though the last one is still good: the holder has not got it. */
  wantsToken?: boolean;
  /**
   * What became of the rights that the last reply offered: the ledger has them, or it has not got them and
   * never will. Left out: nobody knows.
   */
  offered?: 'recorded' | 'refused';
}

/**
 * The typed door to the seat scripts: each call is one atomic step and one round trip. Instants are
 * unix milliseconds of Redis's clock. `NO_POOL` means that this Redis does not hold the pool: it is
 * neither success nor refusal, and the pool must be restored from the ledger. Every call but a
 * heartbeat may answer with `dropped` sessions: end their rows, then `acknowledgeDropped`.
 *
 * Each throws when Redis does not answer in time (what it did is unknown then: repeat the call), and
 * for arguments that the scripts would misread.
 */
export interface SeatScripts {
  /** Takes a seat, joins the one that the instance has, or queues. Idempotent. */
  acquireSeat(pool: PoolRef, input: AcquireSeat): Promise<AcquireReply>;
  /** The heartbeat; also a waiter's sign of life. */
  renewLease(pool: PoolRef, input: RenewLease): Promise<RenewReply>;
  /** Gives a seat, offer or place back. Idempotent. */
  releaseSeat(pool: PoolRef, input: ReleaseSeat): Promise<ReleaseReply>;
  /** Where a session stands; a waiter's sign of life. */
  pollQueue(pool: PoolRef, input: SeatRef): Promise<PollReply>;
  /** Drops what has lapsed, or only looks; says where the named session stands. */
  lapseLeases(pool: PoolRef, input: Partial<SeatRef> & { drop: boolean }): Promise<LapseReply>;
  /** Tells the pool early of a changed license. */
  configurePool(
    pool: PoolRef,
    license: { config: PoolConfig; terms: string },
  ): Promise<ConfigureReply>;
  /** Loads one chunk of a pool from the ledger. */
  restorePool(pool: PoolRef, input: RestorePool): Promise<RestoreReply>;
  /** Forgets dropped sessions whose rows have ended. */
  acknowledgeDropped(pool: PoolRef, sessionIds: readonly string[]): Promise<void>;
  /** How many hold and how many wait, at the same cost however many they are. */
  countSeats(pool: PoolRef): Promise<CountReply>;
  /** All that the pool counts, read in pages; null when Redis does not hold the pool. */
  readPool(pool: PoolRef): Promise<PoolContents | null>;
  /** One step through all pools that hold anything; `cursor` of '0' begins. */
  scanPools(cursor: string): Promise<ScannedPools>;
}

export interface SeatScriptOptions extends ScriptOptions {
  /** Lets no seat, holder or place in the queue be told before replicas have it. */
  replicated?: Replicated;
}

/** Makes the door on a client of the caller's, which stays the caller's to close. */
export function createSeatScripts(redis: Redis, options: SeatScriptOptions = {}): SeatScripts {
  const define = <Table extends ReplyReaders>(file: string, readers: Table) =>
    defineScript(redis, { file, readers, options });
  const { replicated } = options;
  const acquireOn = (client: Redis) =>
    defineScript(client, { file: 'acquire-seat', readers: replies.acquireReplies, options });
  const acquire = replicated
    ? untilReplicated(acquireOn(replicated.redis), replicated)
    : acquireOn(redis);
  const renew = define('renew-lease', replies.renewReplies);
  const release = define('release-seat', replies.releaseReplies);
  const poll = define('poll-queue', replies.pollReplies);
  const lapse = define('lapse-leases', replies.lapseReplies);
  const configure = define('configure-pool', replies.configureReplies);
  const restore = define('restore-pool', replies.restoreReplies);
  const count = define('count-seats', replies.countReplies);
  const read = define('read-pool', replies.readReplies);
  return {
    acquireSeat: (pool, { config, sessionId, instanceKey, holderId, wait, takeover, ...caller }) =>
      acquire(pool, [
        ...[packPoolConfig(config), sessionId, instanceKey, holderId, wait ? 1 : 0],
        ...[takeover?.sessionId ?? '', takeover?.instanceKey ?? ''],
        ...[caller.terms, caller.device, caller.keepsRights ? 1 : 0, caller.signer],
      ]),
    renewLease: (pool, { sessionId, instanceKey, holderId, signer, ...beat }) =>
      renew(pool, [
        ...[sessionId, instanceKey, holderId, signer],
        ...[beat.offered ?? '', beat.wantsToken === true ? 1 : 0],
      ]),
    releaseSeat: (pool, { sessionId, instanceKey, holderId, mode, reason, givenUntil, rights }) =>
      release(pool, [
        ...[sessionId, instanceKey, holderId ?? '', mode, reason],
        ...[givenUntil ?? '', rights ?? ''],
      ]),
    pollQueue: (pool, { sessionId, instanceKey }) => poll(pool, [sessionId, instanceKey]),
    lapseLeases: (pool, { sessionId = '', instanceKey = '', drop }) =>
      lapse(pool, [sessionId, instanceKey, drop ? 'drop' : 'look']),
    configurePool: (pool, { config, terms }) => configure(pool, [packPoolConfig(config), terms]),
    restorePool: (pool, input) => restore(pool, restoreArguments(input)),
    acknowledgeDropped: async (pool, sessionIds) => {
      if (sessionIds.length > 0) await redis.hdel(endedKey(pool), ...sessionIds);
    },
    countSeats: (pool) => count(pool, []),
    readPool: (pool) => readPages((first) => read(pool, [first])),
    scanPools: (cursor) => scanPools(redis, cursor),
  };
}

/** Bounds the work of one step. */
const chunkMax = 500;

function restoreArguments({ seats, waiters, devices, ...pool }: RestorePool): Argument[] {
  if (seats.length + waiters.length + devices.length > chunkMax) {
    throw new RangeError(`A chunk of a restore holds at most ${chunkMax} sessions and devices`);
  }
  return [
    ...[pool.epoch, pool.first ? 1 : 0, pool.last ? 1 : 0, packPoolConfig(pool.config), pool.terms],
    ...[seats.length, waiters.length, devices.length],
    ...seats.flatMap(({ sessionId, instanceKey, fence, isShared, device, ...rest }) => [
      ...[sessionId, instanceKey, `${fence.epoch}:${fence.counter}`, isShared ? 1 : 0],
      ...[device, rest.keepsRights ? 1 : 0, rest.rightsMs ?? '-'],
    ]),
    ...waiters.flatMap(({ sessionId, instanceKey, ticket }) => [
      ...[sessionId, instanceKey, `${ticket.epoch}:${ticket.n}`],
    ]),
    ...devices.flatMap(({ device, hardUntil }) => [device, hardUntil]),
  ];
}
