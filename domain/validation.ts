/**
 * The ordered checks that decide whether a license allows a use. The first that fails gives the
 * answer, so its order is part of the product: revoked, suspended, expired, product, usage type.
 */
import type { ErrorCode } from './errors.ts';
import { deriveLicense, type LicenseFacts } from './license.ts';

/** `builder`: a person at work, hours long. `runtime`: inside a shipped product. Never one for the other. */
export const usageTypes = ['builder', 'runtime'] as const;
export type UsageType = (typeof usageTypes)[number];

export interface UseRequest {
  /** Code of the product that asks. */
  product: string;
  usageType: UsageType;
}

export interface ValidatedLicense extends LicenseFacts {
  productCode: string;
  usageTypes: readonly UsageType[];
}

export interface Refusal {
  code: ErrorCode;
  /** What is wrong and what would put it right. */
  detail: string;
}

type Check = (license: ValidatedLicense, request: UseRequest, now: Date) => Refusal | null;

const checks: readonly Check[] = [
  function notRevoked(license, _request, now) {
    if (deriveLicense(license, now).status !== 'revoked') return null;
    return {
      code: 'license_revoked',
      detail: 'This license was revoked and cannot be used again. Ask the vendor for a new one.',
    };
  },
  function notSuspended(license, _request, now) {
    if (deriveLicense(license, now).status !== 'suspended') return null;
    return {
      code: 'license_suspended',
      detail:
        'This license is suspended. Ask the owner of the account or the vendor to reinstate it.',
    };
  },
  function notExpired(license, _request, now) {
    if (license.expiresAt === null || license.expiresAt > now) return null;
    return {
      code: 'license_expired',
      detail: `This license expired at ${license.expiresAt.toISOString()}. Renew it to go on.`,
    };
  },
  function sameProduct(license, request) {
    if (license.productCode === request.product) return null;
    return {
      code: 'product_mismatch',
      detail: `This license is for the product ${license.productCode}, not for ${request.product}. Use the key of a license for ${request.product}.`,
    };
  },
  function allowedUsageType(license, request) {
    if (license.usageTypes.includes(request.usageType)) return null;
    return {
      code: 'usage_type_not_allowed',
      detail: `This license allows ${license.usageTypes.join(' and ')} use, not ${request.usageType}. A plan with ${request.usageType} use would allow it.`,
    };
  },
];

/** The first check that fails, or null when the license allows the use. */
export function validateUse(
  license: ValidatedLicense,
  request: UseRequest,
  now: Date,
): Refusal | null {
  for (const check of checks) {
    const refusal = check(license, request, now);
    if (refusal !== null) return refusal;
  }
  return null;
}
