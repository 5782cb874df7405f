/** Check-outs: a row for each license file that was asked for. `domain/check-out.ts` tells their life. */
import { sql, type Selectable } from 'kysely';
import type { CheckOutStatus, FileTerms, FileWish } from '../domain/check-out.ts';
import type { LicenseStatus } from '../domain/license.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Database, TenantTransaction } from './database.ts';
import type { CheckOuts } from './schema.ts';

export type CheckOutRecord = Omit<Selectable<CheckOuts>, 'file' | 'rootKid'> & {
  /** Whether it has a file whose root is revoked, or not known, so that it is to be signed anew. */
  isVoid: boolean;
};

/** Its file is large, and whoever has it may use it: it is read where it is handed out, and nowhere else. */
export type CheckOutWithFile = CheckOutRecord & Pick<Selectable<CheckOuts>, 'file'>;

const columns = [
  ...(['id', 'tenantId', 'licenseId', 'requestedBy', 'deviceHash', 'nonce'] as const),
  ...(['needsSecret', 'ttlSeconds', 'status', 'reason', 'terms', 'createdAt'] as const),
  ...(['wantedUntil', 'signedAt', 'fileExpiresAt', 'endedAt'] as const),
] as const;

const isVoid = sql<boolean>`(check_outs.ended_at is null and signed_at is not null and (root_kid is null
  or exists (select from root_keys where kid = check_outs.root_kid and state = 'revoked')))`;

/** What names one check-out. */
export interface CheckOutRef extends PoolRef {
  checkOutId: string;
}

/** One check-out of a license, or undefined: unknown, another license's and another tenant's are the same. */
export async function findCheckOut(
  db: Database,
  ref: CheckOutRef,
): Promise<CheckOutWithFile | undefined> {
  return db
    .selectFrom('checkOuts')
    .select([...columns, 'file', isVoid.as('isVoid')])
    .where('tenantId', '=', ref.tenantId)
    .where('licenseId', '=', ref.licenseId)
    .where('id', '=', ref.checkOutId)
    .executeTakeFirst();
}

/** Those that are open, the oldest first: as many as there are seats, and a few more for each. */
export async function listOpenCheckOuts(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<CheckOutRecord[]> {
  return tx
    .selectFrom('checkOuts')
    .select([...columns, isVoid.as('isVoid')])
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('endedAt', 'is', null)
    .orderBy('id')
    .execute();
}

/** Opens a check-out whose file is to be signed. */
export async function insertCheckOut(
  tx: TenantTransaction,
  pool: PoolRef,
  checkOut: FileWish & {
    id: string;
    requestedBy: string;
    needsSecret: boolean;
    createdAt: Date;
    wantedUntil: Date;
  },
): Promise<CheckOutRecord> {
  const { tenantId, licenseId } = pool;
  return tx
    .insertInto('checkOuts')
    .values({ ...checkOut, tenantId, licenseId, status: 'pending' })
    .returning([...columns, isVoid.as('isVoid')])
    .executeTakeFirstOrThrow();
}

/** Ends those of the check-outs that are still open. */
export async function endCheckOuts(
  tx: TenantTransaction,
  pool: PoolRef,
  ending: {
    ids: readonly string[];
    status: Exclude<CheckOutStatus, 'pending' | 'signed'>;
    reason: string | null;
  },
): Promise<void> {
  if (ending.ids.length === 0) return;
  await tx
    .updateTable('checkOuts')
    .set({ status: ending.status, reason: ending.reason, endedAt: sql`clock_timestamp()` })
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('id', 'in', ending.ids)
    .where('endedAt', 'is', null)
    .execute();
}

/**
 * Stores the file of a check-out that waits for it; one that waits no more is left as it is. Its device holds
 * the seat until the last of its files ends: a machine may have the one of a root that is revoked, and
 * not have heard of that.
 */
export async function keepFile(
  tx: TenantTransaction,
  ref: CheckOutRef,
  signed: { file: string; rootKid: string; terms: FileTerms; signedAt: Date; fileExpiresAt: Date },
): Promise<void> {
  const terms = JSON.stringify(signed.terms);
  const fileExpiresAt = sql<Date>`greatest(file_expires_at, ${signed.fileExpiresAt})`;
  await tx
    .updateTable('checkOuts')
    .set({ ...signed, terms, fileExpiresAt, status: 'signed' })
    .where('tenantId', '=', ref.tenantId)
    .where('licenseId', '=', ref.licenseId)
    .where('id', '=', ref.checkOutId)
    .where((eb) => eb.or([eb('status', '=', 'pending'), eb(isVoid, '=', true)]))
    .execute();
}

/** A license as its workflow is told of, over all tenants. */
export interface LicenseOfFiles {
  id: string;
  tenantId: string;
  productId: string;
  status: LicenseStatus;
}

/** Licenses with an open file that the root signed, in the order of their ids; needs the system role. */
export async function listLicensesSignedBy(
  db: Database,
  rootKid: string,
  page: { after: string; limit: number },
): Promise<LicenseOfFiles[]> {
  const { rows } = await sql<LicenseOfFiles>`
    select id, tenant_id, product_id, status from licenses
    where id > ${page.after} and exists (
      select from check_outs
      where check_outs.tenant_id = licenses.tenant_id and license_id = licenses.id
        and ended_at is null and root_kid = ${rootKid})
    order by id limit ${page.limit}`.execute(db);
  return rows;
}

/** When those were made that callers asked for since an instant, the oldest first. */
export async function listRecentCheckOuts(
  tx: TenantTransaction,
  pool: PoolRef,
  recent: { since: Date; limit: number },
): Promise<Date[]> {
  const rows = await tx
    .selectFrom('checkOuts')
    .select('createdAt')
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('createdAt', '>', recent.since)
    .where('requestedBy', '<>', 'system')
    .orderBy('createdAt')
    .limit(recent.limit)
    .execute();
  return rows.map(({ createdAt }) => createdAt);
}

/**
 * Devices of a license that may go on without the server by a session that is open, or that ended with its
 * rights kept.
 */
export async function countOfflineDevices(tx: TenantTransaction, pool: PoolRef): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(distinct coalesce(device ->> 'fingerprint', id))::int as count
    from sessions
    where tenant_id = ${pool.tenantId} and license_id = ${pool.licenseId}
      and ((ended_at is null and rights_ms is not null) or hard_until > now())`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Says in the pool how many devices hold a seat with a file, and raises its version if that changed. */
export async function recountCheckedOut(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<{ checkedOut: number; configVersion: number } | undefined> {
  const { rows } = await sql<{ checkedOut: number; configVersion: number }>`
    update pools
    set checked_out = present.devices, config_version = config_version + 1
    from (
      select count(distinct device_hash)::int as devices from check_outs
      where tenant_id = ${pool.tenantId} and license_id = ${pool.licenseId} and ended_at is null
    ) as present
    where pools.tenant_id = ${pool.tenantId} and pools.license_id = ${pool.licenseId}
      and pools.checked_out <> present.devices
    returning pools.checked_out, pools.config_version`.execute(tx);
  return rows[0];
}

/** Deletes those of a license that ended before an instant; needs the system role. */
export async function pruneCheckOuts(
  tx: TenantTransaction,
  pool: PoolRef,
  endedBefore: Date,
): Promise<void> {
  await tx
    .deleteFrom('checkOuts')
    .where('tenantId', '=', pool.tenantId)
    .where('licenseId', '=', pool.licenseId)
    .where('endedAt', '<', endedBefore)
    .execute();
}
