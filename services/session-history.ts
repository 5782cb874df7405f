import { listSessionEvents, type HistoryItem } from '../data/license-events.ts';
import { findSession, listSessions, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';
import { requireLicense } from './read-license.ts';

/**
 * What happened to a session, oldest first.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
export async function readSessionHistory(
  deps: Pick<Deps, 'db'>,
  session: { tenantId: string; sessionId: string },
): Promise<HistoryItem[]> {
  return withTenant(deps.db, session.tenantId, async (tx) => {
    const row = await findSession(tx, session);
    if (row === undefined) throw new LicensingError('not_found', 'There is no such session.');
    return listSessionEvents(tx, session);
  });
}

/**
 * A page of a license's sessions, newest first.
 *
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
export async function listLicenseSessions(
  deps: Pick<Deps, 'db'>,
  page: PoolRef & { onlyOpen: boolean; after: string | null; limit: number },
): Promise<SessionRecord[]> {
  return withTenant(deps.db, page.tenantId, async (tx) => {
    await requireLicense(tx, page);
    return listSessions(tx, page);
  });
}
