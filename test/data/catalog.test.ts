import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { cloneDatabase } from '../support/database.ts';

const database = await cloneDatabase();
const admin = new Client({ connectionString: database.adminUrl });
await admin.connect();
afterAll(() => admin.end());

/** Tables without a tenant's rows, and why the policy of all others is not theirs. */
const exceptions: Record<string, string> = {
  products: 'the vendor’s catalogue, the same for everybody',
  plans: 'the vendor’s catalogue, the same for everybody',
  credentials: 'finds the tenant, so it is read before one is known; it holds hashes and ids only',
  root_keys: 'the same keys sign every tenant’s tokens; it holds public halves only',
  delegates: 'the same keys sign every tenant’s tokens; private halves are sealed',
  revocations: 'the operator’s, and published for everybody; the app role does not read it',
  revocation_lists: 'published for everybody',
  root_lists: 'published for everybody',
  kysely_migration: 'which migrations ran',
  kysely_migration_lock: 'which migrations run',
};

/** What the app role may do with the exceptions; everything else would be a hole. */
const appMayReadOnly = [
  ...['products', 'plans', 'credentials', 'root_keys', 'delegates'],
  ...['revocation_lists', 'root_lists'],
];

interface Row {
  name: string;
}

async function names(sql: string): Promise<string[]> {
  const { rows } = await admin.query<Row>(sql);
  return rows.map(({ name }) => name).toSorted();
}

/** What is wrong with the isolation of the database, one sentence each. */
async function faults(): Promise<string[]> {
  const except = Object.keys(exceptions)
    .map((table) => `'${table}'`)
    .join(', ');
  const tables = `
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
    where nspname not in ('pg_catalog', 'information_schema') and nspname not like 'pg\\_%'`;
  const isTenantTable = `${tables} and relkind in ('r', 'p') and relname not in (${except})`;
  const checks: Record<string, string> = {
    'row-level security is not enabled': `select relname as name ${isTenantTable} and not relrowsecurity`,
    'row-level security is not forced': `select relname as name ${isTenantTable} and not relforcerowsecurity`,
    'has not exactly one policy, for all commands and everybody, that checks reads and writes by the tenant': `
      select relname as name ${isTenantTable} and (
        select count(*) filter (where polcmd = '*' and polpermissive and polroles = '{0}'
            and pg_get_expr(polqual, polrelid) like '%= NULLIF(current_setting(''app.tenant_id''::text, true), ''''::text))'
            and pg_get_expr(polwithcheck, polrelid) = pg_get_expr(polqual, polrelid)) <> 1
          or count(*) <> 1
        from pg_policy where polrelid = pg_class.oid)`,
    'a view runs with its owner’s rights': `
      select relname as name ${tables} and relkind = 'v'
        and not coalesce('security_invoker=true' = any (reloptions), false)`,
    'a materialized view has no row-level security': `select relname as name ${tables} and relkind = 'm'`,
    'a function runs with its owner’s rights': `
      select proname as name from pg_proc join pg_namespace on pg_namespace.oid = pronamespace
      where nspname not in ('pg_catalog', 'information_schema') and prosecdef`,
    'the app role owns it': `
      select relname as name ${tables} and pg_get_userbyid(relowner) = 'leasehold_app'`,
    'the app role may bypass row-level security': `
      select rolname as name from pg_roles
      where rolname = 'leasehold_app' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`,
    'the app role is a member of a role with more rights': `
      select rolname as name from pg_roles where rolname <> 'leasehold_app'
        and pg_has_role('leasehold_app', oid, 'member')`,
    'the app role may do what row-level security does not bind': `
      select relname as name ${tables} and relkind in ('r', 'p')
        and has_table_privilege('leasehold_app', pg_class.oid, 'truncate, references, trigger')`,
    'the app role may write a table that is not a tenant’s': `
      select relname as name ${tables} and relkind in ('r', 'p') and relname in (${except})
        and has_table_privilege('leasehold_app', pg_class.oid, 'insert, update, delete')`,
    'the app role may create objects': `
      select nspname as name from pg_namespace
      where has_schema_privilege('leasehold_app', oid, 'create') and nspname not like 'pg\\_temp%'`,
    'a key is unique over all tenants, which tells one of the other': `
      select relname as name from pg_index join pg_class on pg_class.oid = indexrelid
      where indisunique and not indisprimary and indexrelid <> 'outbox_event_id_key'::regclass
        and indrelid in (select pg_class.oid ${isTenantTable})
        and not exists (select from pg_attribute
          where attrelid = indrelid and attname = 'tenant_id' and attnum = any (indkey))`,
  };
  const found: string[] = [];
  for (const [fault, sql] of Object.entries(checks)) {
    for (const name of await names(sql)) found.push(`${name}: ${fault}`);
  }
  return found;
}

describe('the database', () => {
  test('keeps tenants apart in every table, view, function and role', async () => {
    expect(await faults()).toEqual([]);
  });

  test('has the tables that are excepted, and the app role only reads them', async () => {
    const tables = await names(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    expect(tables).toEqual(expect.arrayContaining(Object.keys(exceptions)));
    const readable = await names(`
      select tablename as name from pg_tables
      where schemaname = 'public' and tablename in (${Object.keys(exceptions)
        .map((name) => `'${name}'`)
        .join(', ')})
        and has_table_privilege('leasehold_app', tablename::regclass, 'select')`);
    expect(readable).toEqual(appMayReadOnly.toSorted());
  });
});

describe('the test', () => {
  /** Makes something bad in a transaction that is rolled back, and says what is found wrong then. */
  async function faultsAfter(sql: string): Promise<string[]> {
    await admin.query('begin');
    try {
      await admin.query(sql);
      return await faults();
    } finally {
      await admin.query('rollback');
    }
  }

  const policy = `(tenant_id = nullif(current_setting('app.tenant_id', true), ''))`;
  test.each([
    ['create table bad (tenant_id text)', 3],
    ['create table bad (id text)', 3],
    ['alter table sessions disable row level security', 1],
    ['alter table sessions no force row level security', 1],
    ['drop policy sessions_of_tenant on sessions', 1],
    [`create policy bad on sessions using (true)`, 1],
    [
      `drop policy outbox_of_tenant on outbox; create policy bad on outbox using ${policy} with check (true)`,
      1,
    ],
    [
      `drop policy outbox_of_tenant on outbox; create policy bad on outbox for select using ${policy}`,
      1,
    ],
    [
      `drop policy outbox_of_tenant on outbox; create policy bad on outbox to leasehold_system using ${policy} with check ${policy}`,
      1,
    ],
    ['create view bad as select * from sessions', 1],
    ['create view bad with (security_invoker = false) as select * from sessions', 1],
    ['create materialized view bad as select * from sessions', 1],
    [`create function bad() returns int language sql security definer as 'select 1'`, 1],
    ['alter table outbox owner to leasehold_app', 3],
    ['alter role leasehold_app bypassrls', 1],
    ['grant leasehold_system to leasehold_app', 1],
    ['grant leasehold_owner to leasehold_app', 2],
    ['grant truncate on sessions to leasehold_app', 1],
    ['grant update on credentials to leasehold_app', 1],
    ['grant create on schema public to leasehold_app', 1],
    ['create unique index bad on sessions (instance_key)', 1],
    ['create schema other; create table other.bad (id text)', 3],
  ])('catches: %s', async (sql, least) => {
    expect((await faultsAfter(sql)).length).toBeGreaterThanOrEqual(least);
  });

  test.each([
    ['create view good with (security_invoker = true) as select * from sessions'],
    [`create function good() returns int language sql as 'select 1'`],
    [
      `create table good (id text primary key, tenant_id text, unique (tenant_id, id));
       alter table good enable row level security; alter table good force row level security;
       create policy good_of_tenant on good using ${policy} with check ${policy}`,
    ],
  ])('lets pass: %s', async (sql) => {
    expect(await faultsAfter(sql)).toEqual([]);
  });
});

test('the app role cannot take a role or a setting that shows it more', async () => {
  const app = new Client({ connectionString: database.appUrl });
  await app.connect();
  try {
    for (const sql of [
      'set role leasehold_system',
      'set role leasehold_owner',
      'set session authorization leasehold_system',
      'alter table sessions disable row level security',
      'drop policy sessions_of_tenant on sessions',
      'truncate sessions',
      'delete from license_events',
      'update audit_log set action = null',
      `copy sessions to program 'cat'`,
      `create table t${randomBytes(4).toString('hex')} (id text)`,
    ]) {
      await expect(app.query(sql), sql).rejects.toThrow(/permission denied|must be owner/);
    }
    // With security off a query that policies would filter fails instead of showing everything.
    await app.query('set row_security = off');
    await expect(app.query('select * from sessions')).rejects.toThrow(/row-level security/);
  } finally {
    await app.end();
  }
});
