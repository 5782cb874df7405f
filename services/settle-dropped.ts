import { withTenant } from '../data/tenant.ts';
import type { DroppedSession, PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';

/**
 * Carries out what a script dropped: ends the rows in one transaction, then acknowledges them in Redis.
 * Dying in between only means that the next caller is told of them again.
 */
export async function settleDropped(
  deps: Deps,
  pool: PoolRef,
  dropped: readonly DroppedSession[],
  options: { silentFor?: string } = {},
): Promise<void> {
  if (dropped.length === 0) return;
  const { tenantId } = pool;
  await withTenant(deps.db, tenantId, (tx) =>
    endSessions(tx, deps, { tenantId, endings: dropped, ...options }),
  );
  deps.reached('settle:ended-in-ledger');
  await deps.seats.acknowledgeDropped(
    pool,
    dropped.map(({ sessionId }) => sessionId),
  );
}
