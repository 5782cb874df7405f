import { sql } from 'kysely';
import type { Database, TenantTransaction } from './database.ts';

/**
 * Runs `work` in one transaction that belongs to `tenantId`. This is the only place that sets the
 * tenant; without it row-level security shows no row. The setting dies with the transaction, so a
 * pooled connection never carries it to the next caller.
 */
export async function withTenant<T>(
  db: Database,
  tenantId: string,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  const onCommit: (() => void)[] = [];
  const result = await db.transaction().execute(async (tx) => {
    await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(tx);
    afterCommits.set(tx, onCommit);
    return work(tx);
  });
  for (const act of onCommit) act();
  return result;
}

/** What each open transaction is to be followed by. */
const afterCommits = new WeakMap<TenantTransaction, (() => void)[]>();

/**
 * Runs `act` once the transaction is known to have committed, and never if it rolled back or if the
 * answer to its commit was lost: for what counts facts, which must not count what did not happen.
 */
export function afterCommit(tx: TenantTransaction, act: () => void): void {
  afterCommits.get(tx)?.push(act);
}
