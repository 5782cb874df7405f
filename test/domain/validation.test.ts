import fc from 'fast-check';
import { expect, test } from 'vitest';
import { errorTable } from '../../domain/errors.ts';
import { validateUse, type ValidatedLicense } from '../../domain/validation.ts';

const now = new Date('2026-06-01T12:00:00Z');
const past = new Date(now.getTime() - 1);
const sound: ValidatedLicense = {
  ...{ seats: 5, expiresAt: null, suspendedAt: null, revokedAt: null },
  ...{ productCode: 'ide', usageTypes: ['builder'] },
};

/** In the order in which they must be told: what makes the license fail each check. */
const faults: readonly [string, Partial<ValidatedLicense>][] = [
  ['license_revoked', { revokedAt: past }],
  ['license_suspended', { suspendedAt: past }],
  ['license_expired', { expiresAt: now }],
  ['product_mismatch', { productCode: 'other' }],
  ['usage_type_not_allowed', { usageTypes: ['runtime'] }],
];
const request = { product: 'ide', usageType: 'builder' as const };

test('a sound license allows its use', () => {
  expect(validateUse(sound, request, now)).toBeNull();
});

test('of any set of faults the first in the order is told', () => {
  fc.assert(
    fc.property(fc.subarray([...faults], { minLength: 1 }), (chosen) => {
      const license = Object.assign({}, sound, ...chosen.map(([, fault]) => fault)) as typeof sound;
      const expected = faults.find((fault) => chosen.includes(fault))?.[0];
      expect(validateUse(license, request, now)?.code).toBe(expected);
    }),
  );
});

test('each refusal says what would put it right, and is conclusive', () => {
  for (const [code, fault] of faults) {
    const refusal = validateUse({ ...sound, ...fault }, request, now);
    expect(refusal?.detail, code).toMatch(/\. \w.*\.$|would allow it\.$/);
    expect(refusal && errorTable[refusal.code]).toMatchObject({ status: 403, conclusive: true });
  }
});
