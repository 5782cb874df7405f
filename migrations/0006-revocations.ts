import { sql, type Kysely } from 'kysely';

/**
 * What must not be believed any more although its signature is good, and the signed lists by which
 * clients learn of it and of new roots.
 *
 * A revocation is never changed or deleted. `until` is when nothing is left that it could be about, so that lists
 * need not name it any longer; null: never. `listed_in` is the first list that names it.
 *
 * Not tenant tables: the operator revokes, and the lists are for everybody. The app role reads the lists.
 * A message to the workflows of keys has no tenant either, and only the system role can write one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`
    create table revocation_lists (
      seq bigint primary key check (seq >= 1),
      root_kid text not null references root_keys (kid),
      token text not null,
      next_update timestamptz not null,
      created_at timestamptz not null
    )`.execute(db);
  await sql`
    create table revocations (
      id text primary key,
      kind text not null check (kind in ('key', 'license', 'leases')),
      subject text not null,
      epoch bigint,
      fence_first bigint,
      fence_last bigint check (fence_first <= fence_last),
      reason text not null,
      revoked_by text not null,
      at timestamptz not null,
      until timestamptz,
      listed_in bigint references revocation_lists (seq),
      check ((kind = 'leases') = (epoch is not null and fence_first is not null and fence_last is not null))
    )`.execute(db);
  await sql`
    create unique index revocations_once on revocations (kind, subject) where kind <> 'leases'`.execute(
    db,
  );
  await sql`
    create table root_lists (
      seq bigint primary key check (seq >= 1),
      root_kid text not null references root_keys (kid),
      kids jsonb not null,
      token text not null,
      created_at timestamptz not null
    )`.execute(db);
  await sql`alter table outbox alter column tenant_id drop not null`.execute(db);
  await sql`grant select on revocation_lists, root_lists to leasehold_app`.execute(db);
  await sql`grant select, insert on revocation_lists, root_lists to leasehold_system`.execute(db);
  await sql`grant select, insert on revocations to leasehold_system`.execute(db);
  await sql`grant update (listed_in) on revocations to leasehold_system`.execute(db);
  await sql`reset role`.execute(db);
}
