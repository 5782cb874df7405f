import { sql } from 'kysely';
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

/** A signature that Cloud KMS made for us. */
export interface RecordedSignature {
  /** Resource name of the version of the key. */
  version: string;
  /** When the transaction began that it was asked for in. */
  at: Date;
}

/** What Cloud KMS signed for us in a period, the oldest first; needs the system role. */
export async function listSignatures(
  db: Database,
  { since, until }: { since: Date; until: Date },
): Promise<RecordedSignature[]> {
  const { rows } = await sql<RecordedSignature>`
    select detail ->> 'kmsVersion' as version, at from audit_log
    where action = 'kms.signed' and at >= ${since} and at < ${until} order by at`.execute(db);
  return rows;
}
