/**
 * The sweep: compares Redis, the ledger and the workflows pool by pool and repairs toward the ledger.
 * First all pools that have open rows, in the order of their ids; then, through the keys of Redis, all
 * that hold anything without an open row. Whatever it does is decided from rows and from what the
 * stores say at that moment, so it may be repeated and several may run at once.
 */
import { listPoolsWithOpenSessions, readPoolVersion, withoutOpenSessions } from '../data/pools.ts';
import { listOpenSessions, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { PoolRef } from '../domain/seat.ts';
import { isOutage } from '../platform/outage.ts';
import type { Deps } from './deps.ts';
import { restorePool } from './restore-pool.ts';
import { restartLostWorkflows, type WorkflowLook } from './restart-workflows.ts';
import { settleDropped } from './settle-dropped.ts';
import { endUnknownRows, freeForeignSeats, settlingMs } from './sweep-seats.ts';
import { addTallies, emptyTally, tallyOf, type Tally } from './sweep-tally.ts';

export interface SweepPage {
  /** Where to go on; null begins. */
  cursor: string | null;
  /** About how many pools to compare. */
  limit: number;
  /** Whose workflows this sweep looks for; none unless given. */
  workflows?: WorkflowLook | undefined;
  /** Called before each pool; when it throws the sweep ends there. */
  onPool?: () => void;
}

export interface SweptPage extends Tally {
  /** null: the sweep is complete. */
  cursor: string | null;
  pools: number;
}

/** The second half of a sweep: cursors that are a place in the keys of Redis. */
const scanPrefix = 'scan:';
/** Steps of a scan that one page may take without meeting a pool. */
const scanStepsMax = 20;

/** Pools in a row that fail as if a store were away, until it is taken to be. */
const outagesMax = 3;

/**
 * Sweeps one page of pools.
 *
 * @throws when a store is away. A pool that fails for a reason of its own is told as such and passed,
 * also when that reason, a lock that somebody keeps, looks like an outage.
 */
export async function reconcilePools(deps: Deps, page: SweepPage): Promise<SweptPage> {
  const { pools, cursor } = await nextPools(deps, page);
  let tally = emptyTally;
  let outages = 0;
  for (const pool of pools) {
    page.onPool?.();
    try {
      tally = addTallies(tally, await reconcilePool(deps, pool, page));
      outages = 0;
    } catch (error) {
      if (isOutage(error) && ++outages === Math.min(outagesMax, pools.length)) throw error;
      deps.log.error({ err: error, ...pool }, 'Pool could not be compared');
      tally = addTallies(tally, tallyOf('pool_failed', 1, 0));
    }
  }
  for (const [kind, count] of Object.entries(tally.repaired))
    deps.metrics.drift.inc({ kind }, count);
  return { ...tally, cursor, pools: pools.length };
}

async function nextPools(
  deps: Deps,
  { cursor, limit }: SweepPage,
): Promise<{ pools: PoolRef[]; cursor: string | null }> {
  if (cursor?.startsWith(scanPrefix)) return scan(deps, cursor.slice(scanPrefix.length), limit);
  const pools = await listPoolsWithOpenSessions(deps.systemDb, { cursor, limit });
  const last = pools.at(-1);
  const isLastPage = pools.length < limit || last === undefined;
  return { pools, cursor: isLastPage ? `${scanPrefix}0` : last.licenseId };
}

/** A step costs a thousandth of what comparing the pools before did, so all keys are passed each time. */
async function scan(deps: Deps, from: string, limit: number) {
  const met = new Map<string, PoolRef>();
  let next: string | null = from;
  for (let step = 0; step < scanStepsMax && next !== null && met.size < limit; step += 1) {
    const scanned = await deps.seats.scanPools(next);
    for (const pool of scanned.pools) met.set(pool.licenseId, pool);
    next = scanned.cursor;
  }
  const pools = await withoutOpenSessions(deps.systemDb, [...met.values()]);
  return { pools, cursor: next === null ? null : `${scanPrefix}${next}` };
}

async function reconcilePool(deps: Deps, pool: PoolRef, page: SweepPage): Promise<Tally> {
  const reply = await deps.seats.lapseLeases(pool, { drop: true });
  // Redis is read again after the rows, so that a row is never older news than what it is held against.
  const { epoch, open } = await readLedger(deps, pool);
  if (reply.word === 'NO_POOL') {
    // Without open rows nobody misses it: what is left of it is another dataset's, and expires.
    if (open.length === 0) return emptyTally;
    await restorePool(deps, pool);
    return tallyOf('pool_lost', 1);
  }
  if (epoch !== undefined && epoch !== reply.epoch) {
    await restorePool(deps, pool);
    return tallyOf('pool_outdated', 1);
  }
  await settleDropped(deps, pool, reply.dropped);
  const dropped = new Set(reply.dropped.map(({ sessionId }) => sessionId));
  const overdue = reply.dropped.filter(({ at }) => reply.now - at > settlingMs);
  const rows = open.filter(({ id }) => !dropped.has(id));
  return [
    tallyOf('unnoticed_lapse', overdue.length),
    await compareSeats(deps, pool, { open: rows, epoch: reply.epoch, limit: reply.usage.limit }),
    await restartLostWorkflows(deps, pool, { open: rows, look: page.workflows }),
  ].reduce(addTallies);
}

async function compareSeats(
  deps: Deps,
  pool: PoolRef,
  { open, epoch, limit }: { open: readonly SessionRecord[]; epoch: number; limit: number },
): Promise<Tally> {
  const held = await deps.seats.readPool(pool);
  if (held === null) return emptyTally;
  const sessions = [...held.seats, ...held.waiters];
  const ended = await endUnknownRows(deps, pool, { epoch, open, sessions });
  deps.reached('sweep:rows-ended');
  const freed = await freeForeignSeats(deps, pool, sessions);
  // The sessions that were just freed are gone by the next sweep; they are not worth another look.
  const { rights } = held;
  const totals = { held: held.seats.length, limit, waiting: held.waiters.length, rights };
  return [{ ...emptyTally, totals }, ended, freed].reduce(addTallies);
}

function readLedger(deps: Deps, pool: PoolRef) {
  return withTenant(deps.db, pool.tenantId, async (tx) => {
    const version = await readPoolVersion(tx, pool);
    return { epoch: version?.epoch, open: await listOpenSessions(tx, pool) };
  });
}
