import { readdir } from 'node:fs/promises';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import pg from 'pg';

const folder = new URL('../migrations/', import.meta.url);

/**
 * Brings a database to the newest migration. Safe from several processes at once: Kysely's migrator
 * takes a lock. The connection must be a superuser's or one that may create roles with BYPASSRLS.
 *
 * @throws Error naming the migration that failed; nothing of it stays.
 */
export async function migrateToLatest(ownerUrl: string): Promise<string[]> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: ownerUrl, max: 2 }) }),
  });
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: readMigrations } });
    const { error, results = [] } = await migrator.migrateToLatest();
    if (error !== undefined) {
      const failed = results.find(({ status }) => status === 'Error');
      throw new Error(`Migration ${failed?.migrationName ?? '(none)'} failed`, { cause: error });
    }
    return results.map(({ migrationName }) => migrationName);
  } finally {
    await db.destroy();
  }
}

/** A login for one of the roles: the name and password that a connection URL carries. */
export interface RoleLogin {
  user: string;
  password: string;
  role: 'leasehold_app' | 'leasehold_system';
}

/**
 * Lets the roles log in. A user that has the role's own name gets the password itself, any other is
 * created as a member that inherits nothing more; members of `leasehold_system` bypass row-level
 * security themselves, because Postgres does not inherit that.
 */
export async function ensureLogins(ownerUrl: string, logins: readonly RoleLogin[]): Promise<void> {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString: ownerUrl, max: 1 }) }),
  });
  try {
    for (const login of logins) {
      const user = sql.id(login.user);
      const bypass = sql.raw(login.role === 'leasehold_system' ? 'bypassrls' : 'nobypassrls');
      const found = await sql`select from pg_roles where rolname = ${login.user}`.execute(db);
      if (found.rows.length === 0) await sql`create role ${user}`.execute(db);
      await sql`alter role ${user} login ${bypass} password ${sql.lit(login.password)}`.execute(db);
      if (login.user !== login.role) await sql`grant ${sql.id(login.role)} to ${user}`.execute(db);
    }
  } finally {
    await db.destroy();
  }
}

async function readMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter((name) => /^\d{4}-.*\.ts$/.test(name)).sort();
  const modules = await Promise.all(
    files.map(async (file) => {
      const migration = (await import(new URL(file, folder).href)) as Migration;
      return [file.replace(/\.ts$/, ''), migration] as const;
    }),
  );
  return Object.fromEntries(modules);
}
