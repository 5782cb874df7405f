import type { LicenseFacts, LicenseStatus } from '../domain/license.ts';
import type { Policy, PolicyOverrides } from '../domain/policy.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Database, TenantTransaction } from './database.ts';

/** A license with what every decision about it needs: plan, product, pool and tenant, in one read. */
export interface LicenseRecord extends LicenseFacts {
  id: string;
  tenantId: string;
  productId: string;
  productCode: string;
  planId: string;
  planCode: string;
  planPolicy: Policy;
  overrides: PolicyOverrides;
  status: LicenseStatus;
  metadata: unknown;
  createdAt: Date;
  epoch: number;
  configVersion: number;
  /** Seats that devices took out of the pool with their license files. */
  checkedOut: number;
  clockOffsetMs: number;
}

function selectLicenses(tx: TenantTransaction | Database) {
  return tx
    .selectFrom('licenses')
    .innerJoin('plans', 'plans.id', 'licenses.planId')
    .innerJoin('products', 'products.id', 'licenses.productId')
    .innerJoin('tenants', 'tenants.id', 'licenses.tenantId')
    .innerJoin('pools', (join) =>
      join
        .onRef('pools.tenantId', '=', 'licenses.tenantId')
        .onRef('pools.licenseId', '=', 'licenses.id'),
    )
    .select([
      'licenses.id',
      'licenses.tenantId',
      'licenses.productId',
      'products.code as productCode',
      'licenses.planId',
      'plans.code as planCode',
      'plans.policy as planPolicy',
      'licenses.overrides',
      'licenses.status',
      'licenses.seats',
      'licenses.expiresAt',
      'licenses.suspendedAt',
      'licenses.revokedAt',
      'licenses.metadata',
      'licenses.createdAt',
      'pools.epoch',
      'pools.configVersion',
      'pools.checkedOut',
      'tenants.clockOffsetMs',
    ]);
}

/** One license, or undefined: unknown and another tenant's are the same. */
export async function findLicense(
  tx: TenantTransaction,
  pool: PoolRef,
): Promise<LicenseRecord | undefined> {
  const row = await selectLicenses(tx)
    .where('licenses.tenantId', '=', pool.tenantId)
    .where('licenses.id', '=', pool.licenseId)
    .executeTakeFirst();
  // The two documents were checked by the schemas of the operations that wrote them.
  return row as LicenseRecord | undefined;
}

/** A page of a tenant's licenses in the order they were issued. */
export async function listLicenses(
  tx: TenantTransaction,
  page: { tenantId: string; after: string | null; limit: number },
): Promise<LicenseRecord[]> {
  let query = selectLicenses(tx).where('licenses.tenantId', '=', page.tenantId);
  if (page.after !== null) query = query.where('licenses.id', '>', page.after);
  return (await query.orderBy('licenses.id').limit(page.limit).execute()) as LicenseRecord[];
}

export interface NewLicense {
  id: string;
  tenantId: string;
  productId: string;
  planId: string;
  status: LicenseStatus;
  seats: number;
  expiresAt: Date | null;
  overrides: PolicyOverrides;
  metadata: Record<string, unknown>;
}

/** Inserts a license and its pool. */
export async function insertLicense(tx: TenantTransaction, license: NewLicense): Promise<void> {
  await tx
    .insertInto('licenses')
    .values({
      ...license,
      overrides: JSON.stringify(license.overrides),
      metadata: JSON.stringify(license.metadata),
    })
    .execute();
  await tx
    .insertInto('pools')
    .values({ tenantId: license.tenantId, licenseId: license.id })
    .execute();
}

/** Writes a license's facts and the status derived from them. Only `applyLicense` calls this. */
export async function updateLicense(
  tx: TenantTransaction,
  pool: PoolRef,
  change: LicenseFacts & { status: LicenseStatus; overrides: PolicyOverrides },
): Promise<void> {
  await tx
    .updateTable('licenses')
    .set({
      seats: change.seats,
      expiresAt: change.expiresAt,
      suspendedAt: change.suspendedAt,
      revokedAt: change.revokedAt,
      overrides: JSON.stringify(change.overrides),
      status: change.status,
      updatedAt: new Date(),
    })
    .where('tenantId', '=', pool.tenantId)
    .where('id', '=', pool.licenseId)
    .execute();
}

/** Whose license it is, over all tenants; needs the system role. */
export async function findTenantOfLicense(
  db: Database,
  licenseId: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('licenses')
    .select('tenantId')
    .where('id', '=', licenseId)
    .executeTakeFirst();
  return row?.tenantId;
}
