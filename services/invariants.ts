/**
 * What the server can see of its own promises while it works. Whatever is counted here should be
 * impossible; one is reason enough to wake somebody.
 */
import type { LicenseRecord } from '../data/licenses.ts';
import { resolvePolicy } from '../domain/policy.ts';
import type { PoolRef } from '../domain/seat.ts';
import type { Tenure } from './acquire-session.ts';
import type { Deps } from './deps.ts';

/** The constraint of the ledger that only two grants with one fence can run into. */
const oneGrantPerFence = 'sessions_one_grant_per_fence';

/** Notices that the ledger refused a grant because its fence was given before. */
export function noticeRepeatedFence(deps: Deps, pool: PoolRef, error: unknown): void {
  if (!(error instanceof Error && 'constraint' in error)) return;
  if (error.constraint !== oneGrantPerFence) return;
  deps.metrics.invariantViolations.inc({ invariant: 'fence_repeated' });
  const { tenantId, licenseId } = pool;
  deps.log.error({ tenantId, licenseId, err: error }, 'A fence was given twice');
}

/** Notices a grant after which more seats are used than the license and its overdraft allow. */
export function noticeOverGrant(
  deps: Deps,
  { tenure, license }: { tenure: Extract<Tenure, { word: 'GRANTED' }>; license: LicenseRecord },
): void {
  const { used, limit } = tenure.usage;
  if (used <= limit) return;
  const { overdraft } = resolvePolicy(license.planPolicy, license.overrides);
  if (used <= limit + overdraft) return;
  deps.metrics.invariantViolations.inc({ invariant: 'over_limit' });
  const { tenantId, id: licenseId } = license;
  deps.log.error(
    { tenantId, licenseId, used, limit, overdraft },
    'More seats are granted than sold',
  );
}
