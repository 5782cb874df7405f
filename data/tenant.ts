import { sql } from 'kysely';
import type { Database, TenantTransaction } from './database.ts';
import { runPipelined, type Rows, type Statement } from './pipeline.ts';

/**
 * Transactions that belong to one tenant. This is the only file that sets the tenant; without it
 * row-level security shows no row. The setting dies with the transaction, so a pooled connection never
 * carries it to the next caller.
 */

/** Runs `work` in one transaction that belongs to `tenantId`. */
export async function withTenant<T>(
  db: Database,
  tenantId: string,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  return inTransaction(db, async (tx) => {
    await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(tx);
    return work(tx);
  });
}

/** Runs `work` in one transaction; inside of another one, as a part of that. */
export async function inTransaction<T>(
  db: Database,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  if (isInTransaction(db)) return work(db);
  const onCommit: (() => void)[] = [];
  const result = await db.transaction().execute(async (tx) => {
    afterCommits.set(tx, onCommit);
    return work(tx);
  });
  for (const act of onCommit) act();
  return result;
}

function isInTransaction(db: Database): db is TenantTransaction {
  return db.isTransaction;
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

/** `runPipelined` in a transaction that belongs to `tenantId`. */
export async function pipelineAsTenant(
  db: Database,
  tenantId: string,
  work: { statements: readonly Statement[]; beforeCommit?: () => void },
): Promise<Rows[]> {
  const { statements, beforeCommit } = work;
  const [, ...rows] = await runPipelined(db, [setTenant(tenantId), ...statements], {
    beforeCommit,
  });
  return rows;
}

function setTenant(tenantId: string): Statement {
  return {
    name: 'set-tenant',
    text: `select set_config('app.tenant_id', $1, true)`,
    values: [tenantId],
  };
}

/**
 * `runPipelined` in a transaction that belongs to the tenant of an active license key, whose facts are
 * the first rows. For any other key there is no tenant, and row-level security shows nothing.
 */
export function pipelineAsTenantOfKey(
  db: Database,
  key: { hash: Buffer; now: Date },
  statements: readonly Statement[],
): Promise<Rows[]> {
  return runPipelined(db, [setTenantOfKey(key), ...statements]);
}

function setTenantOfKey({ hash, now }: { hash: Buffer; now: Date }): Statement {
  return {
    name: 'set-tenant-of-key',
    text: `
      select id, tenant_id as "tenantId", set_config('app.tenant_id', tenant_id, true)
      from credentials
      where hash = $1 and kind = 'license_key' and revoked_at is null
        and (expires_at is null or expires_at > $2)`,
    values: [hash, now],
  };
}
