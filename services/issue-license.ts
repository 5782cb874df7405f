import { insertLicenseEvents } from '../data/license-events.ts';
import { insertLicense, type LicenseRecord } from '../data/licenses.ts';
import { findPlan, findTenant, type PlanRecord } from '../data/catalog.ts';
import type { TenantTransaction } from '../data/database.ts';
import { enqueueMessages } from '../data/outbox.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { deriveLicense } from '../domain/license.ts';
import { faultOfPolicy, resolvePolicy, type PolicyOverrides } from '../domain/policy.ts';
import { newId } from '../platform/ids.ts';
import { audit, type AuditContext } from './audit.ts';
import type { Deps } from './deps.ts';
import { insertLicenseKey } from './insert-license-key.ts';
import { factsChangedMessage } from './license-message.ts';
import { refuseSeatsOutside } from './license-changes.ts';
import { refuseFaultyFeatures } from './own-features.ts';
import { requireLicense } from './read-license.ts';

export interface IssueInput {
  tenantId: string;
  productId: string;
  planId: string;
  /** The plan's smallest number when left out. */
  seats?: number | undefined;
  expiresAt: Date | null;
  overrides: PolicyOverrides;
  metadata: Record<string, unknown>;
}

/**
 * Issues a license with its pool and its key. The key is returned here and never again: only its hash
 * is stored.
 *
 * @throws LicensingError `not_found` for the tenant, `invalid_request` for an unknown plan, seats that
 * the plan does not sell, or overrides that do not fit it.
 */
export async function issueLicense(
  deps: Pick<Deps, 'systemDb'>,
  context: AuditContext,
  input: IssueInput,
): Promise<{ license: LicenseRecord; licenseKey: string }> {
  const { tenantId, planId } = input;
  return withTenant(deps.systemDb, tenantId, async (tx) => {
    const issued = await writeLicense(tx, input);
    const { id: subjectId, seats } = issued.license;
    const detail = { planId, seats };
    await audit(tx, context, { tenantId, action: 'license.issue', subjectId, detail });
    return issued;
  });
}

async function writeLicense(
  tx: TenantTransaction,
  input: IssueInput,
): Promise<{ license: LicenseRecord; licenseKey: string }> {
  const { tenantId, productId, planId } = input;
  if ((await findTenant(tx, tenantId)) === undefined) {
    throw new LicensingError('not_found', 'There is no such tenant.');
  }
  const plan = await findPlan(tx, planId);
  if (plan?.productId !== productId) {
    throw new LicensingError('invalid_request', 'There is no such plan of this product.', {
      extra: { errors: [{ path: 'planId', message: 'must be the id of a plan of the product' }] },
    });
  }
  await refuseFaultyOverrides(tx, plan, input.overrides);
  const { seats: bounds } = resolvePolicy(plan.policy, input.overrides);
  const seats = input.seats ?? bounds.min;
  refuseSeatsOutside(seats, bounds);
  const facts = { seats, expiresAt: input.expiresAt, suspendedAt: null, revokedAt: null };
  const { status } = deriveLicense(facts, new Date());
  const id = newId('lic');
  const { overrides, metadata, expiresAt } = input;
  await insertLicense(tx, {
    id,
    tenantId,
    productId,
    planId,
    status,
    seats,
    expiresAt,
    overrides,
    metadata,
  });
  const licenseKey = await insertLicenseKey(tx, { tenantId, licenseId: id });
  await insertLicenseEvents(tx, [
    {
      id: newId('evt'),
      tenantId,
      licenseId: id,
      sessionId: null,
      event: 'license.issued',
      detail: { seats },
    },
  ]);
  await enqueueMessages(tx, [factsChangedMessage({ id, tenantId, productId, status })]);
  return { license: await requireLicense(tx, { tenantId, licenseId: id }), licenseKey };
}

/** The plan's policy is sound, so a fault comes from what the license replaces in it. */
async function refuseFaultyOverrides(
  tx: TenantTransaction,
  { productId, policy: planPolicy }: PlanRecord,
  overrides: PolicyOverrides,
): Promise<void> {
  const { features = {} } = overrides;
  const path = 'overrides.features';
  await refuseFaultyFeatures(tx, features, { productId, planPolicy, path });
  const fault = faultOfPolicy(resolvePolicy(planPolicy, overrides));
  if (fault === null) return;
  const { member, message } = fault;
  throw new LicensingError('invalid_request', `The overrides do not fit the plan: ${message}.`, {
    extra: { errors: [{ path: `overrides.${member}`, message }] },
  });
}
