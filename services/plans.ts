/** The vendor's plans: offers whose policy their licenses inherit. */
import {
  findFeatures,
  findPlan,
  insertPlan,
  listPlans as listRows,
  lockProduct,
  type NewPlan,
  type Page,
  type PlanRecord,
} from '../data/catalog.ts';
import type { TenantTransaction } from '../data/database.ts';
import { inTransaction } from '../data/tenant.ts';
import { faultOfPlanFeatures, type Features } from '../domain/entitlement.ts';
import { LicensingError } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';

/**
 * @throws LicensingError `invalid_request` for an unknown product, or features that do not fit its other
 * plans; `conflict` when the code is taken.
 */
export async function createPlan(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: NewPlan,
): Promise<PlanRecord> {
  const id = newId('pln');
  return inTransaction(deps.systemDb, async (tx) => {
    if ((await lockProduct(tx, input.productId)) === undefined) {
      throw new LicensingError('invalid_request', 'There is no such product.', {
        extra: { errors: [{ path: 'productId', message: 'must be the id of a product' }] },
      });
    }
    await refuseFaultyFeatures(tx, input.productId, input.policy.features);
    const plan = await insertPlan(tx, { id, ...input });
    if (plan === undefined) {
      throw new LicensingError('conflict', `The product has a plan with the code ${input.code}.`);
    }
    await audit(tx, context, { tenantId: null, action: 'plan.create', subjectId: id });
    return plan;
  });
}

/** Two plans that are made at once do not see each other: the caller holds the product's lock. */
async function refuseFaultyFeatures(
  tx: TenantTransaction,
  productId: string,
  features: Features,
): Promise<void> {
  const known = await findFeatures(tx, productId, Object.keys(features));
  const fault = faultOfPlanFeatures(features, known);
  if (fault === null) return;
  const { name, message } = fault;
  const path = name === null ? 'policy.features' : `policy.features.${name}`;
  throw new LicensingError('invalid_request', `The features do not fit: ${path} ${message}.`, {
    extra: { errors: [{ path, message }] },
  });
}

/** @throws LicensingError `not_found`. */
export async function readPlan(deps: Pick<Deps, 'systemDb'>, id: string): Promise<PlanRecord> {
  const plan = await findPlan(deps.systemDb, id);
  if (plan === undefined) throw new LicensingError('not_found', 'There is no such plan.');
  return plan;
}

export function listPlans(deps: Pick<Deps, 'systemDb'>, page: Page): Promise<PlanRecord[]> {
  return listRows(deps.systemDb, page);
}
