/** The events of a license's history, past tense and dotted. */
import type { EndReason } from './errors.ts';

export const licenseEvents = [
  'license.issued',
  'license.changed',
  'license.suspended',
  'license.reinstated',
  'license.revoked',
  'license.key_rotated',
  'license.checked_out',
  'license.checked_in',
  'seat.queued',
  'seat.acquired',
  'seat.released',
  'seat.forced',
  'seat.withdrawn',
  'seat.superseded',
  'lease.lapsed',
  'offer.expired',
  'queue.timed_out',
  'queue.left',
] as const;
export type LicenseEvent = (typeof licenseEvents)[number];

/** The event that records a session's end; a waiter that goes leaves the queue, it releases nothing. */
export function endEventOf(reason: EndReason, wasGranted: boolean): LicenseEvent {
  switch (reason) {
    case 'lapsed':
      return wasGranted ? 'lease.lapsed' : 'queue.left';
    case 'released':
      return wasGranted ? 'seat.released' : 'queue.left';
    case 'forced':
      return 'seat.forced';
    case 'license_suspended':
    case 'license_revoked':
      return 'seat.withdrawn';
    case 'offer_expired':
      return 'offer.expired';
    case 'queue_timeout':
      return 'queue.timed_out';
    case 'superseded':
      return 'seat.superseded';
  }
}
