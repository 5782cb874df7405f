import { insertAuditEntry, type Actor } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';
import { newId } from '../platform/ids.ts';

/** Records an operator's act in the transaction that carries it out. */
export async function audit(
  tx: Database,
  context: { caller: { actor: Actor }; requestId: string },
  act: {
    tenantId: string | null;
    action: string;
    subjectId: string;
    detail?: Record<string, unknown>;
  },
): Promise<void> {
  await insertAuditEntry(tx, {
    id: newId('aud'),
    detail: {},
    ...act,
    actor: context.caller.actor,
    requestId: context.requestId,
  });
}
