import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorTable } from '../../domain/errors.ts';
import {
  checkNames,
  explainUse,
  validateUse,
  type UseRequest,
  type ValidatedLicense,
} from '../../domain/validation.ts';

const now = new Date('2026-06-01T12:00:00Z');
const past = new Date(now.getTime() - 1);
const planPolicy: ValidatedLicense['planPolicy'] = {
  usageTypes: ['builder'],
  features: { agents: 5, sso: true },
};
const sound: ValidatedLicense = {
  ...{ seats: 5, expiresAt: null, suspendedAt: null, revokedAt: null },
  ...{ productCode: 'ide', planPolicy, overrides: {} },
};
const request: UseRequest = { product: 'ide', usageType: 'builder', features: ['sso', 'agents'] };

/** In the order in which they must be told: what makes the license fail each check. */
const faults: readonly [string, (license: ValidatedLicense) => ValidatedLicense][] = [
  ['license_revoked', (license) => ({ ...license, revokedAt: past })],
  ['license_suspended', (license) => ({ ...license, suspendedAt: past })],
  ['license_expired', (license) => ({ ...license, expiresAt: now })],
  ['product_mismatch', (license) => ({ ...license, productCode: 'other' })],
  ['usage_type_not_allowed', (license) => overridden(license, { usageTypes: ['runtime'] })],
  ['feature_not_granted', (license) => overridden(license, { features: { sso: false } })],
];

function overridden(license: ValidatedLicense, overrides: ValidatedLicense['overrides']) {
  return { ...license, overrides: { ...license.overrides, ...overrides } };
}

/** Any set of the faults, in any order. */
const someFaults = fc.shuffledSubarray([...faults]);

function withFaults(chosen: typeof faults): ValidatedLicense {
  return chosen.reduce((license, [, fault]) => fault(license), sound);
}

test('a sound license allows its use', () => {
  expect(validateUse(sound, request, now)).toBeNull();
  expect(validateUse(sound, { product: 'ide', usageType: 'builder' }, now)).toBeNull();
});

test('of any set of faults the first in the order is told', () => {
  fc.assert(
    fc.property(someFaults, (chosen) => {
      const expected = faults.find((fault) => chosen.includes(fault))?.[0];
      expect(validateUse(withFaults(chosen), request, now)?.code).toBe(expected);
    }),
  );
});

test('each refusal is conclusive, and says what would put it right unless that is another plan', () => {
  for (const [code, fault] of faults) {
    const refusal = validateUse(fault(sound), request, now);
    if (refusal?.isOfPlan !== true) expect(refusal?.detail, code).toMatch(/\. \w.*\.$/);
    expect(refusal && errorTable[refusal.code]).toMatchObject({ status: 403, conclusive: true });
  }
});

describe('an explanation', () => {
  test('has every check in its order, with the first refusal that decides', () => {
    fc.assert(
      fc.property(someFaults, (chosen) => {
        const license = withFaults(chosen);
        const outcomes = explainUse(license, request, now);
        expect(outcomes.map(({ check }) => check)).toEqual(checkNames);
        const codes = outcomes.flatMap(({ refusal }) => refusal?.code ?? []);
        const failing = faults.filter((fault) => chosen.includes(fault));
        expect(codes).toEqual(failing.map(([code]) => code));
        expect(codes[0]).toBe(validateUse(license, request, now)?.code);
      }),
    );
  });

  test('shows what each check looked at', () => {
    const license = overridden(
      { ...sound, expiresAt: now, revokedAt: past },
      { usageTypes: ['runtime'], features: { sso: true } },
    );
    const asked = { ...request, features: ['sso', 'sso', 'betas'] };
    expect(explainUse(license, asked, now).map(({ input }) => input)).toEqual([
      { revokedAt: past },
      { suspendedAt: null },
      { expiresAt: now, now },
      { asked: 'ide', licensed: 'ide' },
      { asked: 'builder', allowed: ['runtime'], from: 'license' },
      {
        asked: ['sso', 'sso', 'betas'],
        entitlements: {
          sso: { value: true, kind: 'boolean', gate: 'hard', from: 'license' },
          betas: null,
        },
      },
    ]);
  });
});

describe('features that are asked for', () => {
  const missing = (features: string[], policy: ValidatedLicense['planPolicy']['features']) =>
    validateUse(
      { ...sound, planPolicy: { ...planPolicy, features: policy } },
      { ...request, features },
      now,
    );

  test('are all told when they are missing, each once and with its value', () => {
    const policy = { sso: false, projects: { value: 0, gate: 'soft' }, agents: 5 } as const;
    const refusal = missing(['sso', 'agents', 'projects', 'sso', 'betas'], policy);
    expect(refusal).toEqual({
      ...{ code: 'feature_not_granted', isOfPlan: true },
      detail:
        'This license does not grant the feature sso (it is off), nor the feature projects (its limit is 0; what is there may still be looked at), nor the feature betas.',
      missingFeatures: [
        { name: 'sso', value: false, gate: 'hard' },
        { name: 'projects', value: 0, gate: 'soft' },
        { name: 'betas', value: null, gate: null },
      ],
    });
  });

  test('are granted by a limit above zero, one without an end, and a text', () => {
    expect(missing(['a', 'b', 'c'], { a: 1, b: 'unlimited', c: 'mail' })).toBeNull();
  });

  test('are none that every object has', () => {
    expect(missing(['constructor', 'toString'], {})?.missingFeatures).toHaveLength(2);
  });
});
