/** The changes that an operator may make to a license, as values for `changeLicense`. */
import { LicensingError } from '../domain/errors.ts';
import type { Feature } from '../domain/entitlement.ts';
import { resolvePolicy, withFeatures } from '../domain/policy.ts';
import type { LicenseChange } from './apply-license.ts';
import { refuseFaultyFeatures } from './own-features.ts';

/** Other seats, another expiry, or other features of its own; what is undefined stays. */
export function changeTerms(terms: {
  seats?: number | undefined;
  expiresAt?: Date | null | undefined;
  /** By name; null gives back what the plan says. */
  features?: Readonly<Record<string, Feature | null>> | undefined;
}): LicenseChange {
  return {
    event: 'license.changed',
    detail: { seats: terms.seats, expiresAt: terms.expiresAt, features: terms.features },
    async change(present, tx) {
      if (present.revokedAt !== null) throw revoked();
      const { min, max } = resolvePolicy(present.planPolicy, present.overrides).seats;
      const seats = terms.seats ?? present.seats;
      refuseSeatsOutside(seats, { min, max });
      const expiresAt = terms.expiresAt === undefined ? present.expiresAt : terms.expiresAt;
      const overrides = withFeatures(present.overrides, terms.features ?? {});
      const { features = {} } = overrides;
      // What it has already was checked when it was given.
      if (terms.features !== undefined) {
        await refuseFaultyFeatures(tx, features, { ...present, path: 'features' });
      }
      return { ...present, seats, expiresAt, overrides };
    },
  };
}

/** @throws LicensingError `invalid_request` when a plan does not sell that many seats. */
export function refuseSeatsOutside(
  seats: number,
  { min, max }: { min: number; max: number },
): void {
  if (seats >= min && seats <= max) return;
  throw new LicensingError('invalid_request', `This plan allows ${min} to ${max} seats.`, {
    extra: { errors: [{ path: 'seats', message: `must be between ${min} and ${max}` }] },
  });
}

/** Ends running sessions at their next beat and stops new ones until reinstated. Repeating it is harmless. */
export function suspend(reason: string): LicenseChange {
  return {
    event: 'license.suspended',
    detail: { reason },
    change(present) {
      if (present.revokedAt !== null) throw revoked();
      return { ...present, suspendedAt: present.suspendedAt ?? new Date() };
    },
  };
}

/** Lets sessions start again; those that the suspension ended stay ended. */
export function reinstate(): LicenseChange {
  return {
    event: 'license.reinstated',
    change(present) {
      if (present.revokedAt !== null) throw revoked();
      return { ...present, suspendedAt: null };
    },
  };
}

/** Ends the license for good. */
export function revoke(reason: string): LicenseChange {
  return {
    event: 'license.revoked',
    detail: { reason },
    change: (present) => ({ ...present, revokedAt: present.revokedAt ?? new Date() }),
  };
}

function revoked(): LicensingError {
  return new LicensingError(
    'conflict',
    'This license was revoked, which is final. Issue a new one.',
  );
}
