import { sql, type Kysely } from 'kysely';

/**
 * Tenants, catalogue, licenses and pools, credentials, the ledger of sessions, license events,
 * outbox and audit log.
 *
 * Every table that holds a tenant's data has row-level security enabled and forced, and one policy:
 * the row's tenant must be the one set for the transaction (`app.tenant_id`). `nullif` because the
 * setting is '' instead of null on a pooled connection after its first use. Unset means no rows.
 *
 * Not tenant tables, and why: `products` and `plans` are the vendor's catalogue; `credentials` is
 * what finds the tenant, so it is read before one is known and holds only hashes.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    do $$ begin
      if not exists (select from pg_roles where rolname = 'leasehold_owner') then create role leasehold_owner nologin; end if;
      if not exists (select from pg_roles where rolname = 'leasehold_app') then create role leasehold_app nologin; end if;
      if not exists (select from pg_roles where rolname = 'leasehold_system') then create role leasehold_system nologin bypassrls; end if;
    exception when duplicate_object or unique_violation then null;
    end $$`.execute(db);
  await sql`grant create, usage on schema public to leasehold_owner`.execute(db);
  await sql`set local role leasehold_owner`.execute(db);

  await sql`
    create table tenants (
      id text primary key,
      name text not null check (char_length(name) between 1 and 200),
      clock_offset_ms bigint not null default 0,
      created_at timestamptz not null default now()
    )`.execute(db);

  await sql`
    create table products (
      id text primary key,
      code text not null unique,
      name text not null,
      created_at timestamptz not null default now()
    )`.execute(db);

  await sql`
    create table plans (
      id text primary key,
      product_id text not null references products (id),
      code text not null,
      name text not null,
      policy jsonb not null,
      created_at timestamptz not null default now(),
      unique (product_id, code),
      unique (product_id, id)
    )`.execute(db);

  await sql`
    create table licenses (
      id text primary key,
      tenant_id text not null references tenants (id),
      product_id text not null,
      plan_id text not null,
      status text not null check (status in ('trialing', 'active', 'grace', 'suspended', 'expired', 'revoked')),
      seats integer not null check (seats between 0 and 100000),
      expires_at timestamptz,
      suspended_at timestamptz,
      revoked_at timestamptz,
      overrides jsonb not null default '{}',
      metadata jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      unique (tenant_id, id),
      foreign key (product_id, plan_id) references plans (product_id, id)
    )`.execute(db);
  await sql`create index licenses_by_tenant on licenses (tenant_id, id)`.execute(db);

  await sql`
    create table pools (
      tenant_id text not null,
      license_id text not null,
      epoch bigint not null default 0,
      config_version bigint not null default 1,
      primary key (tenant_id, license_id),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id)
    )`.execute(db);

  await sql`
    create table credentials (
      id text primary key,
      kind text not null check (kind in ('license_key', 'api_key', 'operator_key')),
      hash bytea not null unique,
      tenant_id text references tenants (id),
      subject_id text,
      name text,
      scopes jsonb not null default '[]',
      created_at timestamptz not null default now(),
      expires_at timestamptz,
      revoked_at timestamptz,
      check ((kind = 'operator_key') = (tenant_id is null)),
      check ((kind = 'license_key') = (subject_id is not null))
    )`.execute(db);

  await sql`
    create table sessions (
      id text primary key,
      tenant_id text not null,
      license_id text not null,
      instance_key text not null,
      status text not null check (status in ('queued', 'active', 'ended')),
      usage_type text not null check (usage_type in ('builder', 'runtime')),
      product text not null,
      version text not null,
      device jsonb not null,
      metadata jsonb not null default '{}',
      ticket_epoch bigint,
      ticket_n bigint,
      fence_epoch bigint,
      fence_counter bigint,
      created_at timestamptz not null default now(),
      granted_at timestamptz,
      ended_at timestamptz,
      end_reason text check (end_reason in ('lapsed', 'released', 'forced', 'license_suspended', 'license_revoked', 'offer_expired', 'queue_timeout', 'superseded')),
      end_detail text,
      hard_until timestamptz,
      is_shared boolean not null default false,
      unique (tenant_id, id),
      check ((status = 'ended') = (ended_at is not null)),
      check ((ended_at is null) = (end_reason is null)),
      check ((granted_at is null) = (fence_epoch is null)),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id)
    )`.execute(db);
  await sql`
    create unique index sessions_one_open_per_instance on sessions (tenant_id, license_id, instance_key)
      where ended_at is null`.execute(db);
  await sql`create index sessions_by_license on sessions (tenant_id, license_id, id)`.execute(db);
  await sql`create index sessions_open on sessions (tenant_id, license_id) where ended_at is null`.execute(
    db,
  );
  await sql`
    create unique index sessions_one_grant_per_fence on sessions (tenant_id, license_id, fence_epoch, fence_counter)
      where fence_epoch is not null`.execute(db);

  await sql`
    create table license_events (
      id text primary key,
      tenant_id text not null,
      license_id text not null,
      session_id text,
      event text not null,
      detail jsonb not null default '{}',
      at timestamptz not null default now(),
      foreign key (tenant_id, license_id) references licenses (tenant_id, id)
    )`.execute(db);
  await sql`create index license_events_by_license on license_events (tenant_id, license_id, at)`.execute(
    db,
  );
  await sql`
    create index license_events_by_session on license_events (tenant_id, session_id, at)
      where session_id is not null`.execute(db);

  await sql`
    create table outbox (
      id bigint generated always as identity primary key,
      tenant_id text not null references tenants (id),
      event_id text not null unique,
      workflow_type text not null,
      workflow_id text not null,
      start_input jsonb not null,
      signal text,
      payload jsonb,
      attempts integer not null default 0,
      claimed_until timestamptz,
      sent_at timestamptz,
      dead_at timestamptz,
      last_error text,
      created_at timestamptz not null default now(),
      check (sent_at is null or dead_at is null)
    )`.execute(db);
  await sql`
    create index outbox_unsent on outbox (workflow_id, id)
      where sent_at is null and dead_at is null`.execute(db);
  await sql`
    create index outbox_unsent_by_age on outbox (id)
      where sent_at is null and dead_at is null`.execute(db);
  await sql`create index outbox_sent on outbox (sent_at) where sent_at is not null`.execute(db);

  await sql`
    create table audit_log (
      id text primary key,
      tenant_id text references tenants (id),
      actor_kind text not null check (actor_kind in ('operator_key', 'api_key', 'license_key', 'session', 'system')),
      actor_id text not null,
      action text not null,
      subject_id text,
      detail jsonb not null default '{}',
      request_id text,
      at timestamptz not null default now()
    )`.execute(db);
  await sql`create index audit_log_by_tenant on audit_log (tenant_id, at)`.execute(db);

  for (const [table, column] of tenantTables) {
    await sql`alter table ${sql.table(table)} enable row level security`.execute(db);
    await sql`alter table ${sql.table(table)} force row level security`.execute(db);
    await sql`
      create policy ${sql.id(`${table}_of_tenant`)} on ${sql.table(table)}
        using (${sql.ref(column)} = nullif(current_setting('app.tenant_id', true), ''))
        with check (${sql.ref(column)} = nullif(current_setting('app.tenant_id', true), ''))`.execute(
      db,
    );
  }

  await sql`grant usage on schema public to leasehold_app, leasehold_system`.execute(db);
  await sql`
    grant select, insert, update on tenants, products, plans, licenses, pools, credentials, sessions,
      license_events, outbox to leasehold_system`.execute(db);
  await sql`grant delete on outbox to leasehold_system`.execute(db);
  await sql`grant select, insert on audit_log to leasehold_system`.execute(db);
  await sql`grant select on tenants, products, plans, credentials to leasehold_app`.execute(db);
  await sql`grant select on licenses to leasehold_app`.execute(db);
  await sql`grant select, update on pools to leasehold_app`.execute(db);
  await sql`grant select, insert, update on sessions to leasehold_app`.execute(db);
  await sql`grant select, insert on license_events, outbox, audit_log to leasehold_app`.execute(db);
  await sql`reset role`.execute(db);
}

const tenantTables = [
  ['tenants', 'id'],
  ['licenses', 'tenant_id'],
  ['pools', 'tenant_id'],
  ['sessions', 'tenant_id'],
  ['license_events', 'tenant_id'],
  ['outbox', 'tenant_id'],
  ['audit_log', 'tenant_id'],
] as const;
