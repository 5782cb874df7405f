import { holdEpoch } from '../data/pools.ts';
import { findSession } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError, type EndReason } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import { restoreIfKnown } from './confirm-release.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';
import { outdated, settleDropped } from './settle-dropped.ts';

export interface SessionRef extends PoolRef {
  sessionId: string;
  instanceKey: string;
}

/** Where a session stands and until when unless something renews it, in unix milliseconds. */
export type LeaseState =
  | { status: 'queued' | 'offered' | 'active'; until: number }
  | { status: 'ended'; reason: EndReason };

/**
 * Looks, and changes nothing. A pool that Redis lost is rebuilt first: lost is not lapsed. A session of
 * a license that the ledger does not know has ended: nothing can keep it.
 */
export async function checkLease(deps: Deps, session: SessionRef): Promise<LeaseState> {
  return (await lookAtLease(deps, session, { drop: false })).state;
}

/**
 * Drops what has lapsed in the session's pool and ends those rows, which hands the seats to whoever
 * waits. Answers `ended` only once this session's own row has ended.
 */
export async function lapseLease(deps: Deps, session: SessionRef): Promise<LeaseState> {
  const { state, epoch } = await lookAtLease(deps, session, { drop: true });
  if (state.status !== 'ended') return state;
  deps.reached('lapse:settled');
  const { tenantId, sessionId } = session;
  const row = await withTenant(deps.db, tenantId, async (tx) => {
    if (epoch !== null && !(await holdEpoch(tx, session, epoch))) return 'outdated';
    const endings = [{ sessionId, reason: state.reason }];
    await endSessions(tx, deps, { tenantId, endings, silentFor: sessionId });
    return findSession(tx, session);
  });
  if (row === 'outdated') throw outdated();
  return { status: 'ended', reason: row?.endReason ?? state.reason };
}

/** A session without a license has nothing to hold. */
const unknownLicense = { state: { status: 'ended', reason: 'lapsed' }, epoch: null } as const;

async function lookAtLease(
  deps: Deps,
  session: SessionRef,
  { drop }: { drop: boolean },
): Promise<{ state: LeaseState; epoch: number | null }> {
  const { sessionId, instanceKey } = session;
  for (const isLastLook of [false, true]) {
    const reply = await deps.seats.lapseLeases(session, { sessionId, instanceKey, drop });
    if (reply.word === 'NO_POOL') {
      if (isLastLook) break;
      if (!(await restoreIfKnown(deps, session))) return unknownLicense;
      continue;
    }
    if (drop) await settleDropped(deps, session, reply.dropped, { silentFor: sessionId });
    if (reply.state !== null) return { state: reply.state, epoch: reply.epoch };
  }
  throw new LicensingError('restoring', 'The pool of this session is being restored.');
}
