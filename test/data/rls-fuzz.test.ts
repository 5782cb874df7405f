/**
 * Transactions of two tenants at once over few connections, ended in every way there is. With row-level
 * security nobody ever meets a row of the other; without it the same fuzz must notice.
 */
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { openDatabase, type Database, type TenantTransaction } from '../../data/database.ts';
import { withTenant } from '../../data/tenant.ts';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { acquire, forceRelease, givenLicense } from '../support/given.ts';

const tables = ['licenses', 'pools', 'sessions', 'licenseEvents', 'outbox', 'auditLog'] as const;

/** A database with rows of two tenants in every table. */
async function givenTwoTenants() {
  const api = await startTestApi();
  const tenants: string[] = [];
  for (const seats of [2, 3]) {
    const license = await givenLicense(api, { seats });
    await acquire(license);
    await forceRelease(await acquire(license));
    tenants.push(license.tenantId);
  }
  const db = openDatabase({ url: api.database.appUrl, poolSize: 3, onError: () => undefined });
  const admin = new Client({ connectionString: api.database.adminUrl });
  await admin.connect();
  afterAll(async () => {
    await Promise.all([db.destroy(), admin.end()]);
  });
  return { db, admin, tenants };
}

/** Cancels only what sleeps: a cancellation that came late would end the next user of the connection. */
async function cancelSleep(admin: Client, pid: number | undefined): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await admin.query(
      `select pg_cancel_backend(pid) from pg_stat_activity
       where pid = $1 and state = 'active' and query like 'select pg_sleep(5)%'`,
      [pid],
    );
    return rowCount === 1;
  });
}

/** How a transaction ends, one after the other. */
const ends: ((tx: TenantTransaction, admin: Client) => Promise<unknown>)[] = [
  () => Promise.resolve(),
  () => Promise.reject(new Error('rolled back by the caller')),
  (tx) => sql`select no_such_column from sessions`.execute(tx),
  (tx) =>
    sql`set local statement_timeout = 1`
      .execute(tx)
      .then(() => sql`select pg_sleep(1)`.execute(tx)),
  async (tx, admin) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    await Promise.all([sql`select pg_sleep(5)`.execute(tx), cancelSleep(admin, rows[0]?.pid)]);
  },
  (tx) => sql`savepoint here`.execute(tx).then(() => sql`rollback to savepoint here`.execute(tx)),
  (tx) => sql`select set_config('app.tenant_id', '', true)`.execute(tx),
];

/** What of another tenant each transaction saw or changed, one sentence each. */
async function fuzz({ db, admin, tenants }: Awaited<ReturnType<typeof givenTwoTenants>>) {
  const leaks: string[] = [];
  const look = async (seen: Database, own: string | null, where: string) => {
    for (const table of tables) {
      const rows = await seen.selectFrom(table).select('tenantId').execute();
      const strange = rows.filter(({ tenantId }) => tenantId !== own);
      if (strange.length > 0) leaks.push(`${where} saw ${String(strange.length)} rows of ${table}`);
    }
  };
  const work = Array.from({ length: 210 }, async (_, n) => {
    const own = tenants[n % tenants.length] as string;
    const other = tenants[(n + 1) % tenants.length] as string;
    await withTenant(db, own, async (tx) => {
      await look(tx, own, 'a transaction');
      const { numUpdatedRows } = await tx
        .updateTable('sessions')
        .set({ isShared: true })
        .where('tenantId', '=', other)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) leaks.push('a transaction changed rows of another tenant');
      await ends[n % ends.length]?.(tx, admin);
    }).catch(() => undefined);
    await look(db, null, 'a connection without a tenant');
  });
  await Promise.all(work);
  return leaks;
}

test('two tenants over three connections never meet, however their transactions end', async () => {
  const given = await givenTwoTenants();
  expect(await fuzz(given)).toEqual([]);
});

test.each(['disable row level security', 'the policies are gone'])(
  'the same is noticed when %s',
  async (how) => {
    const given = await givenTwoTenants();
    for (const table of [
      'licenses',
      'pools',
      'sessions',
      'license_events',
      'outbox',
      'audit_log',
    ]) {
      await given.admin.query(
        how.startsWith('disable')
          ? `alter table ${table} ${how}`
          : `drop policy ${table}_of_tenant on ${table};
             create policy everything on ${table} using (true) with check (true)`,
      );
    }
    const leaks = new Set(await fuzz(given));
    for (const table of tables) {
      expect(
        [...leaks].some((leak) => leak.endsWith(`rows of ${table}`)),
        table,
      ).toBe(true);
    }
    expect(leaks).toContain('a transaction changed rows of another tenant');
  },
);
