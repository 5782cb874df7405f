import { describe, expect, test } from 'vitest';
import { deriveLicense, poolStatusOf, type LicenseFacts } from '../../domain/license.ts';

const now = new Date('2026-06-01T12:00:00Z');
const before = new Date(now.getTime() - 1);
const after = new Date(now.getTime() + 1);
const facts: LicenseFacts = { seats: 5, expiresAt: null, suspendedAt: null, revokedAt: null };

describe('the status of a license', () => {
  test.each([
    ['active', null, {}],
    ['active', after, { expiresAt: after }],
    ['expired', null, { expiresAt: now }],
    ['expired', null, { expiresAt: before }],
    ['suspended', null, { suspendedAt: before }],
    ['suspended', after, { suspendedAt: before, expiresAt: after }],
    ['suspended', null, { suspendedAt: before, expiresAt: before }],
    ['revoked', null, { revokedAt: before }],
    ['revoked', null, { revokedAt: before, suspendedAt: before, expiresAt: after }],
  ] as const)('is %s and changes next at %s', (status, nextBoundary, given) => {
    expect(deriveLicense({ ...facts, ...given }, now)).toEqual({ status, nextBoundary });
  });

  test('closes the pool only when it is withdrawn: expiry lets running sessions go on', () => {
    const statuses = ['trialing', 'active', 'grace', 'expired', 'suspended', 'revoked'] as const;
    expect(statuses.map(poolStatusOf)).toEqual([
      ...['open', 'open', 'open', 'open'],
      ...['suspended', 'revoked'],
    ]);
  });
});
