import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checkOutsPerDay,
  defaultFileSeconds,
  fileEndOf,
  fileTermsOf,
  leftOfFiles,
  mayTakeOut,
  refuseWish,
  renewalOf,
} from '../../domain/check-out.ts';
import type { Policy } from '../../domain/policy.ts';
import { testPolicy } from '../support/given.ts';

const hour = 3_600;
const planWith = (policy: Partial<Policy>) => ({
  planPolicy: { ...testPolicy, licenseFiles: { needsDevice: true, hoursMax: 24 }, ...policy },
  overrides: {},
});
const wish = { deviceHash: 'a', nonce: null, ttlSeconds: hour };

describe('a file is refused', () => {
  test.each([
    ['where the plan gives none', { licenseFiles: null }, wish],
    ['without a device, where it needs one', {}, { ...wish, deviceHash: null }],
    ['beyond the hours of the plan', {}, { ...wish, ttlSeconds: 24 * hour + 1 }],
  ])('%s', (_when, policy, asked) => {
    expect(refuseWish(planWith(policy), asked)).toMatchObject({ code: 'license_file_not_allowed' });
  });

  test('in no other case', () => {
    expect(refuseWish(planWith({}), { ...wish, ttlSeconds: 24 * hour })).toBeNull();
    const forAll = planWith({ licenseFiles: { needsDevice: false, hoursMax: 24 } });
    expect(refuseWish(forAll, { ...wish, deviceHash: null })).toBeNull();
    const own = { ...planWith({ licenseFiles: null }), overrides: forAll.planPolicy };
    expect(refuseWish(own, wish)).toBeNull();
  });
});

describe('files leave to the pool', () => {
  test.each([
    ['all, when none is out', [3, 1, 2], 0, [3, 1, 2]],
    ['a seat less for each', [3, 1, 2], 2, [1, 1, 2]],
    ['what is granted beyond the seats, when all are out', [3, 1, 2], 3, [0, 1, 2]],
    ['that less one, when one more is out than there are seats', [3, 1, 2], 4, [0, 0, 1]],
    ['nothing, when still more are', [3, 1, 2], 9, [0, 0, 0]],
    ['as many tokens more as seats that are left', [3, 1, 'seats'], 2, [1, 1, 'seats']],
  ] as const)('%s', (_what, [seats, overdraft, offlineAllowance], checkedOut, expected) => {
    const left = leftOfFiles({ seats, overdraft, offlineAllowance }, checkedOut);
    expect([left.seats, left.overdraft, left.offlineAllowance]).toEqual(expected);
  });

  test('never so much that files and sessions, or files and tokens, exceed what was sold in all', () => {
    const count = fc.nat(12);
    const sold = fc.record({
      ...{ seats: count, overdraft: count },
      offlineAllowance: fc.oneof(count, fc.constant('seats' as const)),
    });
    fc.assert(
      fc.property(sold, count, (shares, checkedOut) => {
        const left = leftOfFiles(shares, checkedOut);
        const most = Math.max(checkedOut, shares.seats + shares.overdraft);
        expect(checkedOut + left.seats + left.overdraft).toBeLessThanOrEqual(most);
        const tokens = ({ seats, offlineAllowance: more }: typeof left) =>
          seats + (more === 'seats' ? seats : more);
        const mostTokens = Math.max(checkedOut, tokens(shares));
        expect(checkedOut + tokens(left)).toBeLessThanOrEqual(mostTokens);
        expect(Math.min(left.seats, left.overdraft)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('a seat may be taken out', () => {
  const license = { seats: 3, ...planWith({ offlineAllowance: 0 }) };
  const none = { used: 0, queued: 0, checkedOut: 0, offline: 0 };
  test.each([
    ['when all are free', none, true],
    ['when the last is free', { ...none, used: 1, checkedOut: 1 }, true],
    ['never the one that is in use', { ...none, used: 2, checkedOut: 1 }, false],
    ['never beyond those that were sold', { ...none, checkedOut: 3 }, false],
    ['never before who waits', { ...none, queued: 1 }, false],
    ['never beyond the rights to go on offline', { ...none, offline: 3 }, false],
    ['as the last of these rights', { ...none, offline: 1, checkedOut: 1 }, true],
  ])('%s', (_when, out, may) => {
    expect(mayTakeOut(license, out)).toBe(may);
  });

  test('beside as many rights as the plan allows beyond the seats', () => {
    const generous = { seats: 3, ...planWith({ offlineAllowance: 'seats' }) };
    expect(mayTakeOut(generous, { ...none, offline: 5 })).toBe(true);
    expect(mayTakeOut(generous, { ...none, offline: 6 })).toBe(false);
  });
});

test('a file lives for the offline grace of its plan, within what its files may', () => {
  expect(defaultFileSeconds(planWith({ offlineGraceHours: 2 }))).toBe(2 * hour);
  expect(defaultFileSeconds(planWith({ offlineGraceHours: 72 }))).toBe(24 * hour);
  expect(defaultFileSeconds(planWith({ offlineGraceHours: 0 }))).toBe(24 * hour);
});

test('a file ends with its license, and is renewed at half of its life', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const end = fileEndOf({ expiresAt: null }, { ttlSeconds: hour, now });
  expect(end.toISOString()).toBe('2026-01-01T01:00:00.000Z');
  const expiresAt = new Date('2026-01-01T00:10:00Z');
  expect(fileEndOf({ expiresAt }, { ttlSeconds: hour, now })).toEqual(expiresAt);
  const renewal = renewalOf({ signedAt: now, fileExpiresAt: end });
  expect(renewal.toISOString()).toBe('2026-01-01T00:30:00.000Z');
});

test('a file says what holds for the license, its own features before those of its plan', () => {
  const facts = { seats: 5, expiresAt: null, suspendedAt: null, revokedAt: null };
  const license = {
    ...facts,
    planCode: 'pro',
    ...planWith({ features: { agents: 5, sso: false } }),
  };
  expect(fileTermsOf({ ...license, overrides: { features: { agents: 9 } } })).toEqual({
    ...{ tier: 'pro', seats: 5, usage: ['builder', 'runtime'], licenseUntil: null },
    feat: { agents: 9, sso: false },
  });
});

test('a license has four files a day for each seat, and twenty in any case', () => {
  expect([1, 5, 6, 100].map(checkOutsPerDay)).toEqual([20, 20, 24, 400]);
});
