import { holdEpoch } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { DroppedSession, PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';

/**
 * Carries out what a script dropped: ends the rows in one transaction, then acknowledges them in Redis.
 * Dying in between only means that the next caller is told of them again.
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
  const { tenantId } = pool;
  const isCurrent = await withTenant(deps.db, tenantId, async (tx) => {
    // A pool tells of its own epoch alone: a restore forgets what was reported before.
    if (!(await holdEpoch(tx, pool, first.epoch))) return false;
    await endSessions(tx, deps, { tenantId, endings: dropped, ...options });
    return true;
  });
  if (!isCurrent) throw outdated();
  deps.reached('settle:ended-in-ledger');
  await deps.seats.acknowledgeDropped(
    pool,
    dropped.map(({ sessionId }) => sessionId),
  );
}

/** This Redis holds the pool as of another epoch than the ledger; the next sweep brings them together. */
export function outdated(): LicensingError {
  return new LicensingError(
    'restoring',
    'The seats of this license are being restored. Try again.',
  );
}
