import { withTenant } from '../data/tenant.ts';
import type { EndReason } from '../domain/errors.ts';
import { checkLease, lapseLease } from '../services/check-lease.ts';
import { confirmRelease } from '../services/confirm-release.ts';
import type { Deps } from '../services/deps.ts';
import { endSessions } from '../services/end-session.ts';
import { loadSession } from '../services/load-session.ts';
import type { SessionRef } from '../workflows/contract.ts';

/** What the workflow of a session may do to the world. */
export type SessionActivities = ReturnType<typeof createSessionActivities>;

/**
 * The activities of `licenseSession`. Each takes one object, may run any number of times, and fails
 * only while a store is away, which Temporal answers by trying again.
 */
export function createSessionActivities(deps: Deps) {
  return {
    /** The row's status, or null when no such session was ever recorded. */
    loadSession: (ref: SessionRef) => loadSession(deps, ref),

    /** Looks in Redis and changes nothing; a pool that Redis lost is restored first. */
    checkLease: (ref: SessionRef) => checkLease(deps, ref),

    /** Drops what has lapsed in the session's pool; says `ended` only once the row has ended. */
    lapseLease: (ref: SessionRef) => lapseLease(deps, ref),

    /** Ends the row unless it has ended; answers the reason that stands in the ledger. */
    forceEnd: async (ref: SessionRef): Promise<{ endReason: EndReason | null }> => {
      const { tenantId, sessionId } = ref;
      const ending = {
        sessionId,
        reason: 'forced' as const,
        detail: 'Its workflow was cancelled.',
      };
      await withTenant(deps.db, tenantId, (tx) =>
        endSessions(tx, deps, { tenantId, endings: [ending], silentFor: sessionId }),
      );
      const row = await loadSession(deps, ref);
      return { endReason: row?.endReason ?? null };
    },

    /** Returns when Redis holds neither a seat nor a place in the queue for the session. */
    confirmRelease: (release: SessionRef & { reason: EndReason }) => confirmRelease(deps, release),
  };
}
