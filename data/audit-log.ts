import type { Database } from './database.ts';

/** Who did it: the kind of credential and its id, never the credential itself. */
export interface Actor {
  kind: 'operator_key' | 'api_key' | 'license_key' | 'session' | 'system';
  id: string;
}

export interface AuditEntry {
  id: string;
  tenantId: string | null;
  actor: Actor;
  action: string;
  subjectId: string | null;
  detail: Record<string, unknown>;
  requestId: string | null;
}

/** Appends to the audit log, in the transaction of what it records; rows are never changed. */
export async function insertAuditEntry(tx: Database, entry: AuditEntry): Promise<void> {
  const { actor, ...rest } = entry;
  await tx
    .insertInto('auditLog')
    .values({
      ...rest,
      actorKind: actor.kind,
      actorId: actor.id,
      detail: JSON.stringify(entry.detail),
    })
    .execute();
}
