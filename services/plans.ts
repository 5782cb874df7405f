/** The vendor's plans: offers whose policy their licenses inherit. */
import {
  findPlan,
  findProduct,
  insertPlan,
  listPlans as listRows,
  type Page,
  type PlanRecord,
} from '../data/catalog.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';

/** @throws LicensingError `invalid_request` for an unknown product, `conflict` when the code is taken. */
export async function createPlan(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: { productId: string; code: string; name: string; policy: Policy },
): Promise<PlanRecord> {
  const id = newId('pln');
  return inTransaction(deps.systemDb, async (tx) => {
    if ((await findProduct(tx, input.productId)) === undefined) {
      throw new LicensingError('invalid_request', 'There is no such product.', {
        extra: { errors: [{ path: 'productId', message: 'must be the id of a product' }] },
      });
    }
    const plan = await insertPlan(tx, { id, ...input });
    if (plan === undefined) {
      throw new LicensingError('conflict', `The product has a plan with the code ${input.code}.`);
    }
    await audit(tx, context, { tenantId: null, action: 'plan.create', subjectId: id });
    return plan;
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
