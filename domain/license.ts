/**
 * A license's facts are recorded by whoever learns them (operators, terms, trials, subscriptions);
 * its status is derived from them here and nowhere else. `applyLicense` is the only writer of what
 * this yields.
 */
import type { PoolStatus } from './seat.ts';

export type LicenseStatus = 'trialing' | 'active' | 'grace' | 'suspended' | 'expired' | 'revoked';

export interface LicenseFacts {
  seats: number;
  expiresAt: Date | null;
  suspendedAt: Date | null;
  revokedAt: Date | null;
}

export interface DerivedLicense {
  status: LicenseStatus;
  /** When the status changes next by time alone, or null. */
  nextBoundary: Date | null;
}

/** Derives the status at `now`. Revocation is final; suspension outweighs expiry. */
export function deriveLicense(facts: LicenseFacts, now: Date): DerivedLicense {
  if (facts.revokedAt !== null) return { status: 'revoked', nextBoundary: null };
  const isExpired = facts.expiresAt !== null && facts.expiresAt <= now;
  const nextBoundary = isExpired ? null : facts.expiresAt;
  if (facts.suspendedAt !== null) return { status: 'suspended', nextBoundary };
  return { status: isExpired ? 'expired' : 'active', nextBoundary };
}

/**
 * Whether the pool of such a license grants seats. Expiry does not close a pool: it stops new grants
 * through `validUntil` and lets running sessions go on.
 */
export function poolStatusOf(status: LicenseStatus): PoolStatus {
  if (status === 'suspended' || status === 'revoked') return status;
  return 'open';
}
