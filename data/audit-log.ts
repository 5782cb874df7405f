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

/** How often Cloud KMS signed for us in a period, by the resource name of the version; needs the system role. */
export async function countSignatures(
  db: Database,
  { since, until }: { since: Date; until: Date },
): Promise<Map<string, number>> {
  const { rows } = await sql<{ version: string; count: number }>`
    select detail ->> 'kmsVersion' as version, count(*)::int as count from audit_log
    where action = 'kms.signed' and at >= ${since} and at < ${until} group by 1`.execute(db);
  return new Map(rows.map(({ version, count }) => [version, count]));
}
