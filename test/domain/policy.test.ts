import { describe, expect, test } from 'vitest';
import {
  faultOfPolicy,
  poolConfigOf,
  resolvePolicy,
  withFeatures,
  type Policy,
} from '../../domain/policy.ts';
import { estimateWaitSeconds } from '../../domain/seat.ts';
import { testPolicy } from '../support/given.ts';

/** Its features are resolved one by one: see entitlement.test.ts. */
const { features: _features, ...rules } = testPolicy;

describe('the policy of a license', () => {
  test('is its plan’s, with single members replaced', () => {
    const overrides = { overdraft: 2, queue: null };
    expect(resolvePolicy(testPolicy, overrides)).toEqual({ ...rules, ...overrides });
    expect(resolvePolicy(testPolicy, {})).toEqual(rules);
  });

  test('keeps members that are named without a value', () => {
    expect(resolvePolicy(testPolicy, { overdraft: undefined })).toEqual(rules);
  });

  test('has other features of its own when they are changed one by one', () => {
    const overrides = { overdraft: 1, features: { sso: true, agents: 9 } };
    expect(withFeatures(overrides, { agents: 8, sso: null })).toEqual({
      ...{ overdraft: 1, features: { agents: 8 } },
    });
    expect(withFeatures(overrides, { agents: null, sso: null })).toEqual({ overdraft: 1 });
    expect(withFeatures({}, { sso: null })).toEqual({});
    expect(withFeatures(overrides, {})).toEqual(overrides);
  });

  test('lets one lost beat cost nobody a seat', () => {
    expect(faultOfPolicy({ leaseSeconds: 10, heartbeatSeconds: 5 })).toBeNull();
    expect(faultOfPolicy({ leaseSeconds: 9, heartbeatSeconds: 5 })).toMatchObject({
      member: 'heartbeatSeconds',
    });
  });
});

describe('what a pool is told of it', () => {
  const of = (policy: Policy, expiresAt: Date | null = null) =>
    poolConfigOf({ policy, seats: 5, status: 'open', expiresAt, version: 3 });

  test('is in milliseconds, with two forwarded beats in a lease', () => {
    expect(of(testPolicy, new Date(1_000))).toEqual({
      ...{ version: 3, limit: 5, overdraft: 0, status: 'open', validUntil: 1_000 },
      ...{ leaseMs: 15_000, heartbeatMs: 5_000, signalEveryMs: 6_250, holdersMax: 16 },
      ...{ queueMax: 500, queueWaitMs: 3_600_000, offerMs: 15_000, livenessMs: 30_000 },
      ...{ graceMs: 3_600_000, offlineAllowance: 0 },
    });
  });

  test('has no queue where the policy has none', () => {
    expect(of({ ...testPolicy, queue: null })).toMatchObject({ queueMax: 0, validUntil: null });
  });
});

describe('the estimated wait', () => {
  test.each([
    [1, 5, null, null],
    [1, 0, 60_000, null],
    [1, 5, 60_000, 12],
    [3, 5, 60_000, 36],
    [1, 100, 10, 1],
    [1, 1, 0, 1],
  ])(
    'at position %s of %s seats with a mean tenure of %s ms is %s s',
    (position, seats, mean, wait) => {
      expect(estimateWaitSeconds(position, seats, mean)).toBe(wait);
    },
  );
});
