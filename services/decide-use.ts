import { listOffers } from '../data/catalog.ts';
import type { LicenseRecord } from '../data/licenses.ts';
import { describeUpgrade, findUpgrade, type Upgrade } from '../domain/upgrade.ts';
import {
  explainUse,
  validateUse,
  type CheckOutcome,
  type Refusal,
  type UseRequest,
} from '../domain/validation.ts';
import type { Deps } from './deps.ts';

/** A refusal with its way out; `upgrade` where it comes from the plan. */
export interface ExplainedRefusal extends Refusal {
  upgrade?: Upgrade;
}

/**
 * Whether this license, as it was read, allows the use: null, or the first check that fails. The
 * catalogue is read only to tell what would allow it.
 */
export async function decideUse(
  deps: Pick<Deps, 'db'>,
  license: LicenseRecord,
  request: UseRequest,
): Promise<ExplainedRefusal | null> {
  const now = new Date();
  const refusal = validateUse(license, request, now);
  if (refusal?.isOfPlan !== true) return refusal;
  return withUpgrade(refusal, await upgradeFor(deps, license, request, now));
}

/** Every check behind that decision, in order: the first refusal among them is the decision. */
export async function explainDecision(
  deps: Pick<Deps, 'db'>,
  license: LicenseRecord,
  request: UseRequest,
): Promise<CheckOutcome<ExplainedRefusal>[]> {
  const now = new Date();
  const outcomes = explainUse(license, request, now);
  if (!outcomes.some(({ refusal }) => refusal?.isOfPlan === true)) return outcomes;
  const upgrade = await upgradeFor(deps, license, request, now);
  return outcomes.map((outcome) => {
    const { refusal } = outcome;
    if (refusal?.isOfPlan !== true) return outcome;
    return { ...outcome, refusal: withUpgrade(refusal, upgrade) };
  });
}

async function upgradeFor(
  { db }: Pick<Deps, 'db'>,
  license: LicenseRecord,
  request: UseRequest,
  now: Date,
): Promise<Upgrade> {
  const offers = await listOffers(db, license.productId, request.features ?? []);
  return findUpgrade(license, request, { ...offers, now });
}

function withUpgrade(refusal: Refusal, upgrade: Upgrade): ExplainedRefusal {
  return { ...refusal, detail: `${refusal.detail} ${describeUpgrade(upgrade)}`, upgrade };
}
