import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import { databaseUrl } from '../../dev/platform/postgres.ts';

/** Connection strings to one database, by role. */
export interface TestDatabase {
  /** The superuser. */
  readonly adminUrl: string;
  /** `leasehold_app`: bound by row-level security. */
  readonly appUrl: string;
  /** `leasehold_system`: bypasses it. */
  readonly systemUrl: string;
}

/**
 * A migrated, empty database of the calling file's own. Call it once per file: a clone costs about
 * 50 ms. It is never dropped (that would cost more); it goes with the cluster after the run.
 */
export async function cloneDatabase(): Promise<TestDatabase> {
  const { adminUrl, template, rolePassword } = inject('postgres');
  const database = `test_${randomBytes(8).toString('hex')}`;
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(`create database ${database} template ${template} strategy file_copy`);
  } finally {
    await client.end();
  }
  const as = (name: string) =>
    databaseUrl(adminUrl, { database, role: { name, password: rolePassword } });
  return {
    adminUrl: databaseUrl(adminUrl, { database }),
    appUrl: as('leasehold_app'),
    systemUrl: as('leasehold_system'),
  };
}
