/**
 * Giving a seat back. The last holder's release ends the ledger row first and frees the seat second;
 * the session's workflow is told in the same transaction and confirms the second half until it is true.
 */
import { withTenant } from '../data/tenant.ts';
import { findSession } from '../data/sessions.ts';
import { LicensingError, type EndReason } from '../domain/errors.ts';
import type { ReleaseReply } from '../lua/scripts.ts';
import type { SessionClaims } from '../signing/session-credential.ts';
import { freeOrOwe } from './confirm-release.ts';
import type { Deps } from './deps.ts';
import { endSessionAtOnce } from './end-session.ts';
import { loadSession } from './load-session.ts';
import { settleDropped } from './settle-dropped.ts';

/**
 * Takes this holder off its session, and ends the session when nobody else holds it. Idempotent.
 *
 * @throws LicensingError `unavailable` when Postgres does not answer, or when Redis does not and the
 * session is shared by several processes, of which only Redis knows who is left; `restoring` when what
 * Redis says is of another epoch than the ledger.
 */
export async function releaseSession(deps: Deps, claims: SessionClaims): Promise<void> {
  const reply = await leave(deps, claims);
  if (reply !== null && reply.word !== 'NO_POOL') await settleDropped(deps, claims, reply.dropped);
  if (reply?.word === 'HELD') return;
  deps.reached('release:left-in-redis');
  const isRedisBlind = reply === null || reply.word === 'NO_POOL';
  if (isRedisBlind && (await isShared(deps, claims))) {
    throw new LicensingError(
      'unavailable',
      'Seats cannot be given back at this moment. The seat frees itself when its lease is over.',
    );
  }
  if (reply?.word === 'ENDED') return endThenFree(deps, claims, { reason: reply.reason });
  const reason = 'released';
  if (reply?.word === 'LAST') {
    return endThenFree(deps, claims, { reason, hardUntil: reply.hardUntil });
  }
  await endThenFree(deps, claims, { reason });
}

/**
 * Ends a session in the ledger and then frees its seat. One that had ended otherwise, which Redis may not
 * know yet, keeps its reason: its other processes are told that one.
 */
async function endThenFree(
  deps: Deps,
  claims: SessionClaims,
  end: { reason: EndReason; hardUntil?: number | null },
): Promise<void> {
  const { reason } = end;
  const hasEnded = await endSessionAtOnce(deps, { ...claims, ...end });
  deps.reached('release:ended-in-ledger');
  const recorded = hasEnded ? reason : (await loadSession(deps, claims))?.endReason;
  await freeOrOwe(deps, { ...claims, reason: recorded ?? reason });
}

/** The holder's leave, or null when Redis does not answer. */
async function leave(deps: Deps, claims: SessionClaims): Promise<ReleaseReply | null> {
  const { tenantId, licenseId, sessionId, instanceKey, holderId } = claims;
  try {
    return await deps.seats.releaseSeat(claims, {
      sessionId,
      instanceKey,
      holderId,
      mode: 'leave',
      reason: 'released',
    });
  } catch (error) {
    const ids = { tenantId, licenseId, sessionId };
    deps.log.warn({ err: error, ...ids }, 'Redis did not answer a release');
    return null;
  }
}

async function isShared(deps: Deps, claims: SessionClaims): Promise<boolean> {
  const row = await withTenant(deps.db, claims.tenantId, (tx) => findSession(tx, claims));
  return row?.isShared === true && row.endedAt === null;
}
