import { holdEpoch } from '../data/pools.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { DroppedSession, PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { restorePool } from './restore-pool.ts';

/**
 * Carries out what a script dropped: ends the rows in one transaction, then acknowledges them in Redis.
 * Dying in between only means that the next caller is told of them again.
 *
 * What a pool of another epoch reports ends nobody: those sessions may live in the Redis that took its
 * place. That pool is rebuilt instead.
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
  if (!isCurrent) return restoreOutdated(deps, pool);
  deps.reached('settle:ended-in-ledger');
  await deps.seats.acknowledgeDropped(
    pool,
    dropped.map(({ sessionId }) => sessionId),
  );
}

/** Rebuilds a pool that turned out to be of another epoch than the ledger. Never returns. */
export async function restoreOutdated(deps: Deps, pool: PoolRef): Promise<never> {
  await restorePool(deps, pool);
  throw new LicensingError('restoring', 'The seats of this license were restored. Try again.');
}
