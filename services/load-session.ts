import { findSession } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { EndReason } from '../domain/errors.ts';
import type { Deps } from './deps.ts';

/** What the ledger says of a session, or null when it has no such row. */
export async function loadSession(
  deps: Deps,
  session: { tenantId: string; sessionId: string },
): Promise<{ status: 'queued' | 'active' | 'ended'; endReason: EndReason | null } | null> {
  const row = await withTenant(deps.db, session.tenantId, (tx) => findSession(tx, session));
  return row === undefined ? null : { status: row.status, endReason: row.endReason };
}
