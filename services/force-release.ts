import { findSession, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { audit, type AuditContext } from './audit.ts';
import { freeOrOwe } from './confirm-release.ts';
import type { Deps } from './deps.ts';
import { endSessions } from './end-session.ts';

/**
 * Takes a seat from whoever holds it. The holder hears `session_ended` with reason `forced` at its next
 * beat and does not take the seat back while others wait. Repeating it changes nothing.
 *
 * @returns the session as it is now.
 * @throws LicensingError `not_found`: unknown, or another tenant's.
 */
export async function forceRelease(
  deps: Deps,
  context: AuditContext,
  input: { tenantId: string; sessionId: string; note: string },
): Promise<SessionRecord> {
  const { tenantId, sessionId, note } = input;
  const row = await withTenant(deps.db, tenantId, async (tx) => {
    const endings = [{ sessionId, reason: 'forced', detail: note }] as const;
    await endSessions(tx, deps, { tenantId, endings });
    const ended = await findSession(tx, { tenantId, sessionId });
    if (ended === undefined) throw new LicensingError('not_found', 'There is no such session.');
    const act = { tenantId, action: 'session.force_release', subjectId: sessionId };
    await audit(tx, context, { ...act, detail: { reason: note } });
    return ended;
  });
  deps.reached('force-release:ended-in-ledger');
  await freeOrOwe(deps, { ...row, sessionId, reason: row.endReason ?? 'forced' });
  return row;
}
