import { sql, type Kysely } from 'kysely';

/**
 * The keys that Leasehold signs with: versions of the root key, whose private halves Cloud KMS keeps, and the
 * delegates that they certified, whose private halves are sealed with a key that the database does not
 * have.
 *
 * Not tenant tables: every tenant's tokens are signed by the same keys. The app role reads them, to sign and
 * to publish their public halves; only the system role makes, retires and revokes them.
 *
 * `seq` rises with every delegate, also over a restored backup, as the certificate's claim of that name
 * does. Nothing is ever deleted: what was signed must be verified long after.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`
    create table root_keys (
      kid text primary key check (char_length(kid) between 1 and 64),
      kms_version text not null unique,
      public_key jsonb not null,
      state text not null check (state in ('published', 'active', 'retired', 'revoked')),
      published_at timestamptz not null default now(),
      active_at timestamptz,
      retired_at timestamptz,
      revoked_at timestamptz,
      check ((state = 'revoked') = (revoked_at is not null)),
      check (state <> 'active' or active_at is not null),
      check (state <> 'retired' or retired_at is not null)
    )`.execute(db);
  await sql`
    create unique index root_keys_one_active on root_keys (state) where state = 'active'`.execute(
    db,
  );
  await sql`
    create table delegates (
      kid text primary key check (char_length(kid) between 1 and 64),
      seq bigint not null unique check (seq >= 1),
      root_kid text not null references root_keys (kid),
      public_key jsonb not null,
      certificate text not null,
      seal_kid text not null,
      sealed_key bytea not null,
      sign_until timestamptz not null,
      verify_until timestamptz not null,
      created_at timestamptz not null,
      revoked_at timestamptz,
      revoked_why text,
      check (created_at < sign_until and sign_until <= verify_until),
      check ((revoked_at is null) = (revoked_why is null))
    )`.execute(db);
  await sql`create index delegates_by_verify_until on delegates (verify_until)`.execute(db);
  await sql`grant select on root_keys, delegates to leasehold_app`.execute(db);
  await sql`grant select, insert, update on root_keys, delegates to leasehold_system`.execute(db);
  await sql`reset role`.execute(db);
}
