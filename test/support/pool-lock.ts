/** The lock under which tenures are recorded, in the hands of a test. */
import type { Client } from 'pg';
import type { PoolRef } from '../../domain/seat.ts';
import { eventually } from './eventually.ts';

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
