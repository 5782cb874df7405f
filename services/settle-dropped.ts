import type { TenantTransaction } from '../data/database.ts';
import { holdEpoch, raiseConfigVersion, readPoolVersion } from '../data/pools.ts';
import { listEndReasons } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { DroppedSession, PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';

/**
 * Carries out what a script dropped: ends the rows in one transaction, then acknowledges them in Redis.
 * Dying in between only means that the next caller is told of them again.
 *
 * One that has no row yet may still get one, from a caller that is slow to record it, after its seat
 * went to somebody else and Redis forgot that it was dropped. So the grants that are not recorded by
 * then never are: their callers ask anew.
 *
 * What a pool of another epoch reports ends nobody: those sessions may live in the Redis that took its
 * place. Which of the two is to be believed only the sweep decides, which looks from one place: if each
 * side rebuilt what it sees, two primaries would take the pool from each other in turn.
 *
 * @throws LicensingError `restoring` then: whatever else the script said is old, too.
 */
export async function settleDropped(
  deps: Deps,
  pool: PoolRef,
  dropped: readonly DroppedSession[],
  options: { silentFor?: string } = {},
): Promise<void> {
  const [first] = dropped;
  if (first === undefined) return;
  deps.reached('settle:dropped-in-redis');
  const outcome =
    (await endDropped(deps, pool, { dropped, mode: 'shared', ...options })) ??
    (await endDropped(deps, pool, { dropped, mode: 'exclusive', ...options }));
  if (outcome !== 'ended') throw outdated();
  deps.reached('settle:ended-in-ledger');
  await deps.seats.acknowledgeDropped(
    pool,
    dropped.map(({ sessionId }) => sessionId),
  );
}

/**
 * Ends the rows while the pool is held as it is.
 *
 * @returns null when one has no row, which is only dealt with in exclusive mode: nothing was done.
 */
function endDropped(
  deps: Deps,
  pool: PoolRef,
  {
    dropped,
    mode,
    ...options
  }: {
    dropped: readonly DroppedSession[];
    mode: 'shared' | 'exclusive';
    silentFor?: string;
  },
): Promise<'ended' | 'outdated' | null> {
  const { tenantId } = pool;
  return withTenant(deps.db, tenantId, async (tx) => {
    // A pool tells of its own epoch alone: a restore forgets what was reported before.
    if (!(await holdEpoch(tx, pool, dropped[0]?.epoch ?? NaN, mode))) return 'outdated';
    const ids = dropped.map(({ sessionId }) => sessionId);
    const known = await listEndReasons(tx, tenantId, ids);
    if (ids.some((id) => !known.has(id))) {
      if (mode === 'shared') return null;
      await refuseEarlierGrants(tx, pool);
    }
    await endSessions(tx, deps, { tenantId, endings: dropped, ...options });
    return 'ended';
  });
}

/**
 * Makes sure that no grant is recorded any more that a script made before, by raising the version that
 * its record must find: its caller asks for a seat anew. Hold the pool's lock exclusively.
 */
export async function refuseEarlierGrants(tx: TenantTransaction, pool: PoolRef): Promise<void> {
  const isKnown = (await readPoolVersion(tx, pool)) !== undefined;
  if (isKnown) await raiseConfigVersion(tx, pool);
}

/** This Redis holds the pool as of another epoch than the ledger; the next sweep brings them together. */
export function outdated(): LicensingError {
  return new LicensingError(
    'restoring',
    'The seats of this license are being restored. Try again.',
  );
}
