import { insertPlan, insertProduct, insertTenant } from '../../data/catalog.ts';
import type { Policy } from '../../domain/policy.ts';
import type { PoolRef } from '../../domain/seat.ts';
import { newId } from '../../platform/ids.ts';
import type { Deps } from '../../services/deps.ts';
import { issueLicense } from '../../services/issue-license.ts';

/** A minute's lease, so that nothing lapses while something else is looked at. */
export const policy: Policy = {
  seats: { min: 1, max: 10_000 },
  ...{ leaseSeconds: 60, heartbeatSeconds: 20, holdersMax: 4, overdraft: 0 },
  queue: { lengthMax: 10, waitMaxSeconds: 60, offerSeconds: 30, livenessSeconds: 60 },
  usageTypes: ['builder', 'runtime'],
  ...{
    offlineGraceHours: 1,
    offlineAllowance: 0,
    devicesMax: null,
    licenseFiles: { needsDevice: true, hoursMax: 1 },
    namesHolders: false,
  },
  features: {},
};

/** Who sells in a story. */
export const vendor = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: 'test',
} as const;

/** A license, and the code of the product that it is for. */
export interface SoldLicense extends PoolRef {
  product: string;
}

/** Sells a new customer a license of a new product. */
export async function sellLicense(deps: Deps, seats: number): Promise<SoldLicense> {
  const db = deps.systemDb;
  const { id: tenantId } = await insertTenant(db, { id: newId('ten'), name: 'A customer' });
  const ids = { productId: newId('prd'), planId: newId('pln') };
  const product = `studio-${tenantId.slice(-6)}`;
  await insertProduct(db, { id: ids.productId, code: product, name: 'Studio' });
  const plan = { id: ids.planId, productId: ids.productId, code: 'plan', name: 'Plan', policy };
  await insertPlan(db, plan);
  const terms = { expiresAt: null, overrides: {}, metadata: {} };
  const { license } = await issueLicense(deps, vendor, { tenantId, ...ids, seats, ...terms });
  return { tenantId, licenseId: license.id, product };
}
