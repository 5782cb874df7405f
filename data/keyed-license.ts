import type { Database } from './database.ts';
import type { LicenseRecord } from './licenses.ts';
import type { Statement } from './pipeline.ts';
import { pipelineAsTenantOfKey } from './tenant.ts';

/** A license that somebody showed the key of. */
export interface KeyedLicense {
  /** The key's id. */
  keyId: string;
  license: LicenseRecord;
}

/**
 * Finds the license of an active license key, with all that `LicenseRecord` has, in one round trip; by
 * the key's hash, because no tenant is known yet. Undefined for any other key.
 */
export async function findKeyedLicense(
  db: Database,
  key: { hash: Buffer; now: Date },
): Promise<KeyedLicense | undefined> {
  const [keys, licenses] = await pipelineAsTenantOfKey(db, key, [licenseOfKey(key.hash)]);
  const [found, license] = [keys?.[0], licenses?.[0]];
  if (found === undefined || license === undefined) return undefined;
  // The columns are named as the record's members; its documents were checked when they were written.
  return { keyId: found['id'] as string, license: license as unknown as LicenseRecord };
}

function licenseOfKey(hash: Buffer): Statement {
  return {
    name: 'license-of-key',
    text: `
      select licenses.id, licenses.tenant_id as "tenantId", licenses.product_id as "productId",
        products.code as "productCode", licenses.plan_id as "planId", plans.code as "planCode",
        plans.policy as "planPolicy",
        licenses.overrides, licenses.status, licenses.seats, licenses.expires_at as "expiresAt",
        licenses.suspended_at as "suspendedAt", licenses.revoked_at as "revokedAt",
        licenses.metadata, licenses.created_at as "createdAt", pools.epoch,
        pools.config_version as "configVersion", pools.checked_out as "checkedOut", tenants.clock_offset_ms as "clockOffsetMs"
      from credentials
        join licenses on licenses.tenant_id = credentials.tenant_id
          and licenses.id = credentials.subject_id
        join plans on plans.id = licenses.plan_id
        join products on products.id = licenses.product_id
        join tenants on tenants.id = licenses.tenant_id
        join pools on pools.tenant_id = licenses.tenant_id and pools.license_id = licenses.id
      where credentials.hash = $1`,
    values: [hash],
  };
}
