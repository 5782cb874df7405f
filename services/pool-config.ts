import type { LicenseRecord } from '../data/licenses.ts';
import { resolveEntitlements, tokenFeatures, type FeatureValue } from '../domain/entitlement.ts';
import { poolStatusOf } from '../domain/license.ts';
import { poolConfigOf, resolvePolicy } from '../domain/policy.ts';
import type { PoolConfig } from '../domain/seat.ts';

/** What the scripts are told of a license as it was read. */
export function poolConfigOfLicense(license: LicenseRecord): PoolConfig {
  return poolConfigOf({
    policy: resolvePolicy(license.planPolicy, license.overrides),
    // Who took a seat out with a license file needs no server to use it, so the pool has one less.
    seats: Math.max(0, license.seats - license.checkedOut),
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
