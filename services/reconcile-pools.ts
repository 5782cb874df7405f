/**
 * The sweep: compares Redis with the ledger pool by pool and repairs toward the ledger, so that an
 * orphan in either store is found within two sweeps.
 */
import { listPoolsWithOpenSessions } from '../data/pools.ts';
import { listEndReasons, listOpenSessions, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { PoolRef } from '../domain/seat.ts';
import { confirmRelease } from './confirm-release.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { restorePool } from './restore-pool.ts';
import { settleDropped } from './settle-dropped.ts';

/** What a sweep put right. */
export interface Repairs {
  pools: number;
  /** Sessions that had lapsed without anybody noticing. */
  lapsed: number;
  /** Open rows whose session Redis does not know. */
  rowsEnded: number;
  /** Sessions in Redis whose row has ended. */
  seatsFreed: number;
  /** Pools that Redis had lost. */
  restored: number;
}

/** What pools hold, added up. */
export type SeatTotals = Record<'held' | 'limit' | 'waiting', number>;

/** A session that Redis holds a seat, an offer or a place for. */
interface HeldSession {
  sessionId: string;
  instanceKey: string;
}

/**
 * Sessions younger than this are left alone: between a script and its transaction the two stores
 * rightly differ.
 */
const settlingMs = 30_000;

/** Sweeps one page of pools, in the order of their keys. `cursor` of null begins, or ends. */
export async function reconcilePools(
  deps: Deps,
  page: { cursor: string | null; limit: number },
): Promise<{ cursor: string | null; repairs: Repairs; totals: SeatTotals }> {
  const pools = await listPoolsWithOpenSessions(deps.systemDb, page);
  const repairs: Repairs = { pools: 0, lapsed: 0, rowsEnded: 0, seatsFreed: 0, restored: 0 };
  const totals: SeatTotals = { held: 0, limit: 0, waiting: 0 };
  for (const pool of pools) await reconcilePool(deps, pool, { repairs, totals });
  const last = pools.at(-1);
  const isLastPage = pools.length < page.limit || last === undefined;
  return { cursor: isLastPage ? null : last.licenseId, repairs, totals };
}

async function reconcilePool(
  deps: Deps,
  pool: PoolRef,
  { repairs, totals }: { repairs: Repairs; totals: SeatTotals },
): Promise<void> {
  repairs.pools += 1;
  const reply = await deps.seats.lapseLeases(pool, { drop: true });
  if (reply.word === 'NO_POOL') {
    await restorePool(deps, pool);
    repairs.restored += 1;
    return;
  }
  await settleDropped(deps, pool, reply.dropped);
  repairs.lapsed += reply.dropped.length;
  // Redis is read after the rows, so that a row is never older news than what it is held against.
  const open = await withTenant(deps.db, pool.tenantId, (tx) => listOpenSessions(tx, pool));
  const held = await deps.seats.readPool(pool);
  if (held === null) return;
  totals.held += held.seats.length;
  totals.limit += reply.usage.limit;
  totals.waiting += held.waiters.length;
  const sessions = [...held.seats, ...held.waiters];
  repairs.rowsEnded += await endUnknownRows(deps, pool, open, sessions);
  repairs.seatsFreed += await freeEndedSeats(deps, pool, sessions);
}

/** Ends open rows that Redis has no session for. */
async function endUnknownRows(
  deps: Deps,
  pool: PoolRef,
  open: readonly SessionRecord[],
  sessions: readonly HeldSession[],
): Promise<number> {
  const known = new Set(sessions.map(({ sessionId }) => sessionId));
  const orphans = open.filter((row) => !known.has(row.id) && isSettled(row.createdAt));
  const { tenantId } = pool;
  const endings = orphans.map(({ id }) => ({
    ...{ sessionId: id, reason: 'lapsed' as const, detail: 'Found by the sweep' },
  }));
  const ended = await withTenant(deps.db, tenantId, (tx) =>
    endSessions(tx, deps, { tenantId, endings }),
  );
  if (ended.length > 0) {
    deps.metrics.drift.inc({ kind: 'row_without_seat' }, ended.length);
    deps.log.warn({ ...pool, count: ended.length }, 'Rows without a seat were ended');
  }
  return ended.length;
}

/** Frees sessions in Redis whose row has ended. One without a row at all lapses: nobody can beat for it. */
async function freeEndedSeats(
  deps: Deps,
  pool: PoolRef,
  sessions: readonly HeldSession[],
): Promise<number> {
  const ended = await withTenant(deps.db, pool.tenantId, (tx) =>
    listEndReasons(
      tx,
      pool.tenantId,
      sessions.map(({ sessionId }) => sessionId),
    ),
  );
  for (const session of sessions) {
    const reason = ended.get(session.sessionId);
    if (reason !== undefined) await confirmRelease(deps, { ...pool, ...session, reason });
  }
  if (ended.size > 0) {
    deps.metrics.drift.inc({ kind: 'seat_without_row' }, ended.size);
    deps.log.warn({ ...pool, count: ended.size }, 'Seats without an open row were freed');
  }
  return ended.size;
}

function isSettled(createdAt: Date): boolean {
  return Date.now() - createdAt.getTime() > settlingMs;
}
