import { insertAuditEntry, type Actor } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';
import { newId } from '../platform/ids.ts';

/** Who acts, and in which request. */
export interface AuditContext {
  caller: { actor: Actor };
  requestId: string;
}

export interface AuditedAct {
  /** Null for what belongs to the vendor. */
  tenantId: string | null;
  action: string;
  subjectId: string;
  detail?: Record<string, unknown>;
}

/** Records an act in the transaction that carries it out. */
export async function audit(tx: Database, context: AuditContext, act: AuditedAct): Promise<void> {
  const { caller, requestId } = context;
  await insertAuditEntry(tx, {
    id: newId('aud'),
    detail: {},
    ...act,
    actor: caller.actor,
    requestId,
  });
}
