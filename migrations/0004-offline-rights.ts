import { sql, type Kysely } from 'kysely';

/**
 * What a restore must know of offline rights, which Redis decides about.
 *
 * `rights_ms`: how long the session's rights may last after a beat, lease and grace as they were when it
 * began; null for an online-only session, whose tokens end with its lease. `hard_until`, which a session
 * gets with its end: until when rights stay by it; exactly where Redis told, else no earlier than they end.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`alter table sessions add column rights_ms bigint check (rights_ms >= 0)`.execute(db);
  await sql`
    create index sessions_with_rights on sessions (tenant_id, license_id, hard_until)
      where hard_until is not null`.execute(db);
  await sql`reset role`.execute(db);
}
