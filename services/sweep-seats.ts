import { holdEpoch, lockPool } from '../data/pools.ts';
import { listEndReasons, type Ending, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { EndReason } from '../domain/errors.ts';
import type { DroppedSession, PoolRef } from '../domain/seat.ts';
import { madeAt } from '../platform/ids.ts';
import { confirmRelease } from './confirm-release.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { settleDropped } from './settle-dropped.ts';
import { addTallies, tallyOf, type Tally } from './sweep-tally.ts';

/** A session that Redis holds a seat, an offer or a place for. */
interface HeldSession {
  sessionId: string;
  instanceKey: string;
}

/**
 * Sessions younger than this are left alone: between a script and its transaction the two stores
 * rightly differ.
 */
export const settlingMs = 30_000;

/**
 * Ends open rows that Redis has no session for, if the ledger is at `epoch` still, which Redis spoke of: in
 * a pool that was rebuilt meanwhile they live.
 */
export async function endUnknownRows(
  deps: Deps,
  pool: PoolRef,
  {
    epoch,
    open,
    sessions,
  }: { epoch: number; open: readonly SessionRecord[]; sessions: readonly HeldSession[] },
): Promise<Tally> {
  const known = new Set(sessions.map(({ sessionId }) => sessionId));
  const missing = open.filter((row) => !known.has(row.id) && isSettled(row.createdAt.getTime()));
  const endings: Ending[] = [];
  for (const row of missing) {
    const reason = await whyGone(deps, { ...pool, epoch }, row);
    if (reason !== null) {
      endings.push({ sessionId: row.id, reason, detail: 'Found by the sweep' });
    }
  }
  if (endings.length === 0) return tallyOf('row_without_seat', 0);
  const { tenantId } = pool;
  const ended = await withTenant(deps.db, tenantId, async (tx) =>
    (await holdEpoch(tx, pool, epoch)) ? endSessions(tx, deps, { tenantId, endings }) : [],
  );
  if (ended.length > 0)
    deps.log.warn({ ...pool, count: ended.length }, 'Rows without a seat were ended');
  return tallyOf('row_without_seat', ended.length);
}

/**
 * A beat moves a session within its pool, so one may be missed by all pages of a long one: it is asked for.
 * One that ran out is dropped and reported first, because a late beat may renew it until then.
 */
async function whyGone(
  deps: Deps,
  { epoch, ...pool }: PoolRef & { epoch: number },
  row: SessionRecord,
): Promise<EndReason | null> {
  const { id: sessionId, instanceKey } = row;
  const reply = await deps.seats.lapseLeases(pool, { sessionId, instanceKey, drop: true });
  if (reply.word === 'NO_POOL' || reply.epoch !== epoch) return null;
  if (reply.state?.status !== 'ended') return null;
  return reply.dropped.some((one) => one.sessionId === sessionId) ? null : reply.state.reason;
}

/** Frees what Redis holds for sessions that have ended, or that the ledger never heard of. */
export async function freeForeignSeats(
  deps: Deps,
  pool: PoolRef,
  sessions: readonly HeldSession[],
): Promise<Tally> {
  if (sessions.length === 0) return tallyOf('seat_without_row', 0);
  const ids = sessions.map(({ sessionId }) => sessionId);
  const ends = await withTenant(deps.db, pool.tenantId, (tx) =>
    listEndReasons(tx, pool.tenantId, ids),
  );
  const strangers = sessions.filter(
    ({ sessionId }) => !ends.has(sessionId) && isSettled(madeAt(sessionId)),
  );
  let freed = 0;
  for (const session of sessions) {
    const reason = ends.get(session.sessionId);
    if (reason === undefined || reason === null) continue;
    await confirmRelease(deps, { ...pool, ...session, reason });
    freed += 1;
  }
  if (freed > 0) deps.log.warn({ ...pool, count: freed }, 'Seats of ended sessions were freed');
  return addTallies(tallyOf('seat_without_row', freed), await dropStrangers(deps, pool, strangers));
}

/**
 * Drops sessions that never had a row, which would otherwise hold their seat for as long as somebody
 * beats: Postgres came back from a backup, or a caller died between the two stores. Redis reports them
 * until the ledger refuses whoever would record one now, so dying in between leaves nothing half done.
 */
async function dropStrangers(
  deps: Deps,
  pool: PoolRef,
  strangers: readonly HeldSession[],
): Promise<Tally> {
  if (strangers.length === 0) return tallyOf('seat_never_recorded', 0);
  const { tenantId } = pool;
  const ids = strangers.map(({ sessionId }) => sessionId);
  // Nobody records one between the look and the drop.
  const dropped = await withTenant(deps.db, tenantId, async (tx) => {
    await lockPool(tx, pool, 'exclusive');
    const known = await listEndReasons(tx, tenantId, ids);
    let reported: readonly DroppedSession[] = [];
    for (const session of strangers.filter(({ sessionId }) => !known.has(sessionId))) {
      const rest = { holderId: null, mode: 'drop', reason: 'lapsed' } as const;
      const reply = await deps.seats.releaseSeat(pool, { ...session, ...rest });
      if (reply.word !== 'NO_POOL') reported = reply.dropped;
    }
    deps.reached('sweep:strangers-dropped');
    return reported;
  });
  await settleDropped(deps, pool, dropped);
  const gone = new Set(dropped.map(({ sessionId }) => sessionId));
  const count = ids.filter((id) => gone.has(id)).length;
  if (count > 0) deps.log.warn({ ...pool, count }, 'Seats that were never recorded were freed');
  return tallyOf('seat_never_recorded', count);
}

function isSettled(sinceMs: number): boolean {
  return Date.now() - sinceMs > settlingMs;
}
