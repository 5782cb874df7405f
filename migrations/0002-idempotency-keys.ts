import { sql, type Kysely } from 'kysely';

/**
 * Answers that were given to requests with an `Idempotency-Key`, kept for a day. `answer` is sealed with
 * a key that only the caller's credential yields, because it may hold a secret that is shown once;
 * `request_mac` is made with that key too. `id` is a hash of tenant, credential, operation and key. The
 * app role has no right here: only the system role makes what such requests create.
 *
 * `tenant_id` refers to nothing: the header that it comes from is kept even where the operation makes
 * no use of it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`
    create table idempotency_keys (
      id text primary key,
      tenant_id text,
      request_mac bytea not null,
      answer bytea not null,
      expires_at timestamptz not null
    )`.execute(db);
  await sql`create index idempotency_keys_by_expiry on idempotency_keys (expires_at)`.execute(db);
  await sql`alter table idempotency_keys enable row level security`.execute(db);
  await sql`alter table idempotency_keys force row level security`.execute(db);
  await sql`
    create policy idempotency_keys_of_tenant on idempotency_keys
      using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''))`.execute(db);
  await sql`grant select, insert, update, delete on idempotency_keys to leasehold_system`.execute(
    db,
  );
  await sql`reset role`.execute(db);
}
