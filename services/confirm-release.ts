import type { EndReason } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { restorePool } from './restore-pool.ts';
import { settleDropped } from './settle-dropped.ts';

export interface EndedSession extends PoolRef {
  sessionId: string;
  instanceKey: string;
  reason: EndReason;
}

/**
 * Makes sure that an ended session holds nothing in Redis. Repeat it until it returns: it is the
 * second half of every release. A lost pool is rebuilt first, from a ledger in which this session has
 * ended, so it comes back without it.
 *
 * @throws when Redis or, for the rebuild, Postgres does not answer.
 */
export async function confirmRelease(deps: Deps, session: EndedSession): Promise<void> {
  const { sessionId, instanceKey, reason } = session;
  const reply = await deps.seats.releaseSeat(session, {
    sessionId,
    instanceKey,
    holderId: null,
    mode: 'free',
    reason,
  });
  if (reply.word === 'NO_POOL') {
    await restorePool(deps, session);
    return;
  }
  await settleDropped(deps, session, reply.dropped);
}
