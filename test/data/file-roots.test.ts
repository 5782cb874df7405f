/** What the migration 0008 makes of rows that were there before it. */
import { readdir } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import pg from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { migrateToLatest } from '../../data/migrate.ts';
import { databaseUrl } from '../../dev/platform/postgres.ts';
import { makeToken } from '../../signing/tokens/jws.ts';
import { armor } from '../../signing/tokens/armor.ts';
import { givenRoot } from '../support/roots.ts';

const { adminUrl } = inject('postgres');
const database = `test_${randomBytes(8).toString('hex')}`;
const open = (url: string) =>
  new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 1 }) }),
  });
const server = open(adminUrl);
await sql`create database ${sql.id(database)}`.execute(server);
await server.destroy();
const url = databaseUrl(adminUrl, { database });
const db = open(url);
afterAll(() => db.destroy());

async function migrateTo(name: string): Promise<void> {
  const folder = new URL('../../migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'));
  const read = async (file: string) =>
    [file.replace('.ts', ''), (await import(new URL(file, folder).href)) as Migration] as const;
  const getMigrations = async () => Object.fromEntries(await Promise.all(files.map(read)));
  const { error } = await new Migrator({ db, provider: { getMigrations } }).migrateTo(name);
  if (error !== undefined) throw new Error('No migration', { cause: error });
}

test('files say which root signed them, and a revoked license is listed no longer than a file lives', async () => {
  await migrateTo('0007-upgrades');
  // None of what the rows belong to matters here.
  await sql`set session_replication_role = replica`.execute(db);
  const file = async (kid: string) => {
    const signer = { ...givenRoot(1).signer, kid };
    return armor(
      'LICENSE FILE',
      await makeToken(signer, { type: 'lic-file+jwt', claims: { iat: 1, exp: 2 } }),
    );
  };
  for (const kid of ['root-1', 'root-12', 'root-123']) {
    await sql`insert into check_outs (id, tenant_id, license_id, requested_by, ttl_seconds, status,
        terms, file, wanted_until, signed_at, file_expires_at)
      values (${kid}, 't', 'l', 'k', 60, 'signed', '{}', ${await file(kid)}, now(), now(), now())`.execute(
      db,
    );
  }
  await sql`insert into check_outs (id, tenant_id, license_id, requested_by, ttl_seconds, status, wanted_until)
    values ('unsigned', 't', 'l', 'k', 60, 'pending', now())`.execute(db);
  await sql`insert into revocations (id, kind, subject, reason, revoked_by, at, until) values
    ('r1', 'license', 'l', 'r', 'b', '2026-01-01Z', null), ('r2', 'key', 'root-1', 'r', 'b', now(), null)`.execute(
    db,
  );
  await migrateToLatest(url);

  const files = await sql`select id, root_kid from check_outs order by id`.execute(db);
  expect(files.rows).toEqual([
    { id: 'root-1', root_kid: 'root-1' },
    { id: 'root-12', root_kid: 'root-12' },
    { id: 'root-123', root_kid: 'root-123' },
    { id: 'unsigned', root_kid: null },
  ]);
  const revocations = await sql`select id, until from revocations order by id`.execute(db);
  expect(revocations.rows).toEqual([
    { id: 'r1', until: new Date('2027-01-03T00:00:00Z') },
    { id: 'r2', until: null },
  ]);
  const secured = await sql`
    select relforcerowsecurity as "isForced" from pg_class where relname = 'check_outs'`.execute(
    db,
  );
  expect(secured.rows).toEqual([{ isForced: true }]);
});
