import { sql, type Kysely } from 'kysely';

/**
 * Check-outs: license files that were asked for, each a row, and the seats that devices took out of a pool
 * with theirs.
 *
 * A row is open while its file may be believed by somebody, or is still to be signed; while it is open its
 * device holds a seat (`pools.checked_out` counts devices). Of a device the hash alone is stored.
 * `wanted_until` bounds the wait for a signature, `file_expires_at` the life of the file. Rows that ended long
 * ago are deleted.
 *
 * Plans made before know nothing of license files: they give none.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`set local role leasehold_owner`.execute(db);
  await sql`
    create table check_outs (
      id text primary key,
      tenant_id text not null,
      license_id text not null,
      requested_by text not null,
      device_hash text,
      nonce text,
      needs_secret boolean not null default false,
      ttl_seconds integer not null check (ttl_seconds > 0),
      status text not null check (status in ('pending', 'signed', 'expired', 'failed', 'revoked', 'checked_in')),
      reason text,
      terms jsonb,
      file text,
      created_at timestamptz not null default now(),
      wanted_until timestamptz not null,
      signed_at timestamptz,
      file_expires_at timestamptz,
      ended_at timestamptz,
      unique (tenant_id, id),
      check ((status in ('pending', 'signed')) = (ended_at is null)),
      check (status <> 'pending' or file is null),
      check (status <> 'signed' or file is not null),
      check ((file is null) = (signed_at is null)),
      check ((file is null) = (file_expires_at is null)),
      check ((file is null) = (terms is null)),
      check (not needs_secret or (nonce is not null and device_hash is not null)),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id)
    )`.execute(db);
  await sql`create index check_outs_by_license on check_outs (tenant_id, license_id, created_at)`.execute(
    db,
  );
  await sql`
    create index check_outs_open on check_outs (tenant_id, license_id, device_hash)
      where ended_at is null`.execute(db);
  await sql`
    alter table pools add column checked_out integer not null default 0 check (checked_out >= 0)`.execute(
    db,
  );
  await sql`
    update plans set policy = policy || '{"licenseFiles": null}' where not policy ? 'licenseFiles'`.execute(
    db,
  );
  await sql`alter table check_outs enable row level security`.execute(db);
  await sql`alter table check_outs force row level security`.execute(db);
  await sql`
    create policy check_outs_of_tenant on check_outs
      using (tenant_id = nullif(current_setting('app.tenant_id', true), ''))
      with check (tenant_id = nullif(current_setting('app.tenant_id', true), ''))`.execute(db);
  await sql`grant select, insert, update on check_outs to leasehold_app`.execute(db);
  await sql`grant select, insert, update, delete on check_outs to leasehold_system`.execute(db);
  await sql`reset role`.execute(db);
}
