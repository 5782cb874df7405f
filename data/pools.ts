import { sql } from 'kysely';
import type { PoolRef } from '../domain/seat.ts';
import type { Database, TenantTransaction } from './database.ts';

/**
 * The pool's advisory lock, held until the transaction ends. Whoever records a tenure holds it in
 * shared mode, whoever changes the epoch or the license exclusively. (A row lock in shared mode on
 * such a hot row starves the writer for seconds; advisory locks queue fairly.)
 */
export async function lockPool(
  tx: TenantTransaction,
  pool: PoolRef,
  mode: 'shared' | 'exclusive',
): Promise<void> {
  const lock = sql.raw(
    mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock',
  );
  await sql`select ${lock}(hashtextextended(${`${pool.tenantId}:${pool.licenseId}`}, 0))`.execute(
    tx,
  );
}

/** What must not have changed between a grant in Redis and its record. */
export interface PoolVersion {
  epoch: number;
  configVersion: number;
}

/** The pool's present version; read it under `lockPool`. */
export async function readPoolVersion(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<PoolVersion | undefined> {
  return tx
    .selectFrom('pools')
    .select(['epoch', 'configVersion'])
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .executeTakeFirst();
}

/**
 * Holds the pool as it is and answers whether the ledger is at this epoch. What a script of another
 * epoch said is news of a pool that was rebuilt since, or of a Redis that was away meanwhile.
 */
export async function holdEpoch(
  tx: TenantTransaction,
  pool: PoolRef,
  epoch: number,
  mode: 'shared' | 'exclusive' = 'shared',
): Promise<boolean> {
  await lockPool(tx, pool, mode);
  const version = await readPoolVersion(tx, pool);
  // A pool that the ledger does not know has no row that could be harmed.
  return version === undefined || version.epoch === epoch;
}

/**
 * Raises the epoch: at least by one, and to the clock, so that it rises even if rows were restored from
 * a backup. Undefined: the ledger has no such pool.
 */
export async function raiseEpoch(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<number | undefined> {
  const row = await tx
    .updateTable('pools')
    .set({ epoch: sql<number>`greatest(epoch + 1, extract(epoch from clock_timestamp())::bigint)` })
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .returning('epoch')
    .executeTakeFirst();
  return row?.epoch;
}

/** Raises the version of the pool's configuration; scripts ignore older ones. */
export async function raiseConfigVersion(tx: TenantTransaction, pool: PoolRef): Promise<number> {
  const row = await tx
    .updateTable('pools')
    .set((eb) => ({ configVersion: eb('configVersion', '+', 1) }))
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .returning('configVersion')
    .executeTakeFirstOrThrow();
  return row.configVersion;
}

/** Those of the pools that have no open session; needs the system role. */
export async function withoutOpenSessions(
  db: Database,
  pools: readonly PoolRef[],
): Promise<PoolRef[]> {
  if (pools.length === 0) return [];
  const rows = await db
    .selectFrom('sessions')
    .select('licenseId')
    .distinct()
    .where('licenseId', 'in', [...new Set(pools.map(({ licenseId }) => licenseId))])
    .where('endedAt', 'is', null)
    .execute();
  const open = new Set(rows.map(({ licenseId }) => licenseId));
  return pools.filter(({ licenseId }) => !open.has(licenseId));
}

/** Pools that have open sessions, over all tenants, ordered by license; needs the system role. */
export async function listPoolsWithOpenSessions(
  db: Database,
  page: { cursor: string | null; limit: number },
): Promise<PoolRef[]> {
  return db
    .selectFrom('sessions')
    .select(['tenantId', 'licenseId'])
    .where('endedAt', 'is', null)
    .where('licenseId', '>', page.cursor ?? '')
    .groupBy(['tenantId', 'licenseId'])
    .orderBy('licenseId')
    .limit(page.limit)
    .execute();
}
