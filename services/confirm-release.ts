import { LicensingError, type EndReason } from '../domain/errors.ts';
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
 * second half of every release. A lost pool is rebuilt first, and then asked again: a restore that was
 * under way already may have read the session while it was open. A pool of a license that the ledger
 * does not know any more holds nothing, so that is an end, too.
 *
 * @throws when Redis or, for the rebuild, Postgres does not answer; LicensingError `restoring` when the
 * pool was lost again.
 */
export async function confirmRelease(deps: Deps, session: EndedSession): Promise<void> {
  if (await free(deps, session)) return;
  if (!(await restoreIfKnown(deps, session))) return;
  if (await free(deps, session)) return;
  throw new LicensingError('restoring', 'The pool of this session is being restored.');
}

/** @returns false when the ledger has no such license: a backup older than it was restored. */
export async function restoreIfKnown(deps: Deps, pool: PoolRef): Promise<boolean> {
  try {
    await restorePool(deps, pool);
    return true;
  } catch (error) {
    if (error instanceof LicensingError && error.code === 'not_found') return false;
    throw error;
  }
}

/** @returns false when Redis does not hold the pool. */
async function free(deps: Deps, session: EndedSession): Promise<boolean> {
  const { sessionId, instanceKey, reason } = session;
  const reply = await deps.seats.releaseSeat(session, {
    sessionId,
    instanceKey,
    holderId: null,
    mode: 'free',
    reason,
  });
  if (reply.word === 'NO_POOL') return false;
  await settleDropped(deps, session, reply.dropped);
  return true;
}

/**
 * The second half of a release whose first half has told the session's workflow: when it fails it is
 * owed, and the workflow does it. Never throws.
 */
export async function freeOrOwe(deps: Deps, session: EndedSession): Promise<void> {
  try {
    await confirmRelease(deps, session);
  } catch (error) {
    const { tenantId, licenseId, sessionId } = session;
    const ids = { tenantId, licenseId, sessionId };
    deps.log.warn({ err: error, ...ids }, 'Seat is freed by its workflow instead');
  }
}
