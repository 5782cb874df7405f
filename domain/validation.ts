/**
 * The ordered checks that decide whether a license allows a use. The first that fails gives the answer,
 * so the order is part of the product: revoked, suspended, expired, product, usage type, version,
 * device, named user, feature. What nothing records yet (version, device, named user) has no check;
 * each is added at its place.
 */
import { featureOf, isGranted, resolveEntitlements, type Entitlement } from './entitlement.ts';
import type { ErrorCode } from './errors.ts';
import type { LicenseFacts } from './license.ts';
import type { Policy, PolicyOverrides } from './policy.ts';

/** `builder`: a person at work, hours long. `runtime`: inside a shipped product. Never one for the other. */
export const usageTypes = ['builder', 'runtime'] as const;
export type UsageType = (typeof usageTypes)[number];

export const checkNames = [
  'revoked',
  'suspended',
  'expired',
  'product',
  'usage_type',
  'feature',
] as const;
export type CheckName = (typeof checkNames)[number];

export interface UseRequest {
  /** Code of the product that asks. */
  product: string;
  usageType: UsageType;
  /** Names of the features that it needs to run at all. */
  features?: readonly string[] | undefined;
}

export interface ValidatedLicense extends LicenseFacts {
  productCode: string;
  planPolicy: Pick<Policy, 'usageTypes' | 'features'>;
  overrides: PolicyOverrides;
}

/** A feature that was asked for and is not granted; null where the license has none of that name. */
export interface MissingFeature {
  name: string;
  value: Entitlement['value'] | null;
  gate: Entitlement['gate'] | null;
}

export interface Refusal {
  code: ErrorCode;
  /** What is wrong and, where it is known by itself, what would put it right. */
  detail: string;
  /** Whether it comes from the plan, so that another plan of the product may allow the use. */
  isOfPlan: boolean;
  /** With `feature_not_granted`. */
  missingFeatures?: MissingFeature[];
}

/** The codes with which a use is refused, in the order of their checks. */
export const useRefusals = [
  'license_revoked',
  'license_suspended',
  'license_expired',
  'product_mismatch',
  'usage_type_not_allowed',
  'feature_not_granted',
] as const satisfies ErrorCode[];

/** How one check went. */
export interface CheckOutcome<R extends Refusal = Refusal> {
  check: CheckName;
  /** What was looked at. */
  input: Record<string, unknown>;
  /** Null when it passed. */
  refusal: R | null;
  /** What a pass means. */
  passes: string;
}

interface Check {
  name: CheckName;
  refuse: (license: ValidatedLicense, request: UseRequest, now: Date) => Refusal | null;
  looksAt: (license: ValidatedLicense, request: UseRequest, now: Date) => CheckOutcome['input'];
  passes: string;
}

const checks: readonly Check[] = [
  {
    name: 'revoked',
    refuse: ({ revokedAt }) =>
      revokedAt === null
        ? null
        : refusal(
            'license_revoked',
            'This license was revoked and cannot be used again. Ask the vendor for a new one.',
          ),
    looksAt: ({ revokedAt }) => ({ revokedAt }),
    passes: 'The license was not revoked.',
  },
  {
    name: 'suspended',
    refuse: ({ suspendedAt }) =>
      suspendedAt === null
        ? null
        : refusal(
            'license_suspended',
            'This license is suspended. Ask the owner of the account or the vendor to reinstate it.',
          ),
    looksAt: ({ suspendedAt }) => ({ suspendedAt }),
    passes: 'The license is not suspended.',
  },
  {
    name: 'expired',
    refuse: ({ expiresAt }, _request, now) =>
      expiresAt === null || expiresAt > now
        ? null
        : refusal(
            'license_expired',
            `This license expired at ${expiresAt.toISOString()}. Renew it to go on.`,
          ),
    looksAt: ({ expiresAt }, _request, now) => ({ expiresAt, now }),
    passes: 'The license has not expired.',
  },
  {
    name: 'product',
    refuse: ({ productCode }, { product }) =>
      productCode === product
        ? null
        : refusal(
            'product_mismatch',
            `This license is for the product ${productCode}, not for ${product}. Use the key of a license for ${product}.`,
          ),
    looksAt: ({ productCode }, { product }) => ({ asked: product, licensed: productCode }),
    passes: 'The license is for this product.',
  },
  {
    name: 'usage_type',
    refuse(license, { usageType }) {
      const allowed = allowedUsageTypes(license);
      if (allowed.includes(usageType)) return null;
      return {
        code: 'usage_type_not_allowed',
        detail: `This license allows ${allowed.join(' and ')} use, not ${usageType} use.`,
        isOfPlan: true,
      };
    },
    looksAt: (license, { usageType }) => ({
      asked: usageType,
      allowed: allowedUsageTypes(license),
      from: license.overrides.usageTypes === undefined ? 'plan' : 'license',
    }),
    passes: 'The license allows this type of use.',
  },
  {
    name: 'feature',
    refuse(license, request) {
      const missingFeatures = missingOf(license, request);
      if (missingFeatures.length === 0) return null;
      const detail = `This license does not grant ${missingFeatures.map(describeMissing).join(', nor ')}.`;
      return { code: 'feature_not_granted', detail, isOfPlan: true, missingFeatures };
    },
    looksAt: (license, { features = [] }) => ({
      asked: features,
      entitlements: Object.fromEntries(
        entitlementsOf(license, features).map(([name, entitlement]) => [name, entitlement ?? null]),
      ),
    }),
    passes: 'The license grants every feature that was asked for.',
  },
];

/** The first check that fails, or null when the license allows the use. */
export function validateUse(
  license: ValidatedLicense,
  request: UseRequest,
  now: Date,
): Refusal | null {
  for (const check of checks) {
    const refused = check.refuse(license, request, now);
    if (refused !== null) return refused;
  }
  return null;
}

/**
 * Every check in its order, also those behind the first that fails: they need nothing from one another,
 * and who asks why wants to know all that stands in the way.
 */
export function explainUse(
  license: ValidatedLicense,
  request: UseRequest,
  now: Date,
): CheckOutcome[] {
  return checks.map(({ name, refuse, looksAt, passes }) => ({
    check: name,
    input: looksAt(license, request, now),
    refusal: refuse(license, request, now),
    passes,
  }));
}

/** Whether the license would pass the checks that depend on its plan if it had this one. */
export function wouldPassOn(
  planPolicy: ValidatedLicense['planPolicy'],
  license: ValidatedLicense,
  request: UseRequest,
  now: Date,
): boolean {
  const moved = { ...license, planPolicy };
  return checks.every(({ refuse }) => refuse(moved, request, now)?.isOfPlan !== true);
}

function refusal(code: ErrorCode, detail: string): Refusal {
  return { code, detail, isOfPlan: false };
}

function allowedUsageTypes({ planPolicy, overrides }: ValidatedLicense): readonly UsageType[] {
  return overrides.usageTypes ?? planPolicy.usageTypes;
}

/** What the license has of each of these names, each once. */
function entitlementsOf(
  { planPolicy, overrides }: ValidatedLicense,
  names: readonly string[],
): [name: string, entitlement: Entitlement | undefined][] {
  if (names.length === 0) return [];
  const entitlements = resolveEntitlements(planPolicy.features, overrides.features);
  return [...new Set(names)].map((name) => [name, featureOf(entitlements, name)]);
}

function missingOf(license: ValidatedLicense, { features = [] }: UseRequest): MissingFeature[] {
  return entitlementsOf(license, features)
    .filter(([, entitlement]) => !isGranted(entitlement?.value))
    .map(([name, entitlement]) => {
      const { value = null, gate = null } = entitlement ?? {};
      return { name, value, gate };
    });
}

function describeMissing({ name, value, gate }: MissingFeature): string {
  const kept = gate === 'soft' ? '; what is there may still be looked at' : '';
  if (value === null) return `the feature ${name}`;
  return `the feature ${name} (${value === false ? 'it is off' : `its limit is ${String(value)}`}${kept})`;
}
