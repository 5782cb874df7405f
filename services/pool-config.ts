import type { LicenseRecord } from '../data/licenses.ts';
import { leftOfFiles } from '../domain/check-out.ts';
import { resolveEntitlements, tokenFeatures, type FeatureValue } from '../domain/entitlement.ts';
import { poolStatusOf } from '../domain/license.ts';
import { poolConfigOf, resolvePolicy } from '../domain/policy.ts';
import type { PoolConfig } from '../domain/seat.ts';

/** What the scripts are told of a license as it was read. */
export function poolConfigOfLicense(license: LicenseRecord): PoolConfig {
  const rules = resolvePolicy(license.planPolicy, license.overrides);
  const { seats, ...beyond } = leftOfFiles({ ...rules, seats: license.seats }, license.checkedOut);
  return poolConfigOf({
    policy: { ...rules, ...beyond },
    seats,
    status: poolStatusOf(license.status),
    expiresAt: license.expiresAt,
    version: license.configVersion,
  });
}

/** What a license's tokens say of it: its plan, and what that and the license itself let the product do. */
export interface TokenTerms {
  tier: string;
  feat: Record<string, FeatureValue>;
}

/**
 * The terms as the one text that a pool keeps beside its configuration, so that a heartbeat can sign without
 * Postgres. The same terms are the same text: another text makes all tokens anew.
 */
export function poolTermsOfLicense({ planCode, planPolicy, overrides }: LicenseRecord): string {
  const feat = tokenFeatures(resolveEntitlements(planPolicy.features, overrides.features));
  return JSON.stringify({ tier: planCode, feat } satisfies TokenTerms);
}
