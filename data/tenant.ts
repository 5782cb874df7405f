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
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(tx);
    return work(tx);
  });
}
