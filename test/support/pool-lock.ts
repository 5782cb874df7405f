/** The lock under which tenures are recorded, in the hands of a test. */
import { Client } from 'pg';
import { afterAll } from 'vitest';
import type { PoolRef } from '../../domain/seat.ts';
import type { TestApi } from './api.ts';
import { eventually } from './eventually.ts';

/** Connections of a superuser, until the end of the file: one to hold the lock, one to look on. */
export async function openLockConnections({
  database,
}: TestApi): Promise<{ admin: Client; watcher: Client }> {
  const admin = new Client({ connectionString: database.adminUrl });
  const watcher = new Client({ connectionString: database.adminUrl });
  await Promise.all([admin.connect(), watcher.connect()]);
  afterAll(() => Promise.all([admin.end(), watcher.end()]));
  return { admin, watcher };
}

/** Takes the lock in a transaction of `admin`; whoever wants it waits until that one commits. */
export async function holdPool(admin: Client, { tenantId, licenseId }: PoolRef): Promise<void> {
  await admin.query('begin');
  await admin.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `${tenantId}:${licenseId}`,
  ]);
}

/** The connections that wait for such a lock, once there are that many. */
export function waitingForPool(watcher: Client, count: number): Promise<number[]> {
  return eventually(async () => {
    const { rows } = await watcher.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
    );
    return rows.length >= count && rows.map(({ pid }) => pid);
  });
}
