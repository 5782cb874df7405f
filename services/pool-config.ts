import type { LicenseRecord } from '../data/licenses.ts';
import { poolStatusOf } from '../domain/license.ts';
import { poolConfigOf, resolvePolicy } from '../domain/policy.ts';
import type { PoolConfig } from '../domain/seat.ts';

/** What the scripts are told of a license as it was read. */
export function poolConfigOfLicense(license: LicenseRecord): PoolConfig {
  return poolConfigOf({
    policy: resolvePolicy(license.planPolicy, license.overrides),
    seats: license.seats,
    status: poolStatusOf(license.status),
    expiresAt: license.expiresAt,
    version: license.configVersion,
  });
}
