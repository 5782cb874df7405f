import { readPoolVersion } from '../data/pools.ts';
import { findSession, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { Deps } from './deps.ts';
import type { SessionRef } from './check-lease.ts';
import { outdated } from './settle-dropped.ts';

/**
 * The row of a session that a script called ended, undefined when the ledger has none. A script that
 * knows nothing of a session takes it for ended, so while the row is open it is believed only if its pool
 * is of the ledger's epoch: in one of another, as of an old primary that gets its traffic back, the
 * session was never heard of and may well live.
 *
 * @param epoch of the pool that said so.
 * @throws LicensingError `restoring` then: the next sweep brings the two together.
 */
export async function recordedEnd(
  deps: Deps,
  session: Pick<SessionRef, 'tenantId' | 'licenseId' | 'sessionId'>,
  epoch: number,
): Promise<SessionRecord | undefined> {
  return withTenant(deps.db, session.tenantId, async (tx) => {
    const row = await findSession(tx, session);
    if (row?.endedAt !== null) return row;
    const version = await readPoolVersion(tx, session);
    if (version !== undefined && version.epoch !== epoch) throw outdated();
    return row;
  });
}
