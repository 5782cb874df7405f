/**
 * What a signed list of revocations has room for, and how long it names something. A list is whole, and clients
 * take none that is too long: so whatever does not fit into it cannot be revoked.
 */
import { fileSecondsMax } from './check-out.ts';

export type RevocationKind = 'key' | 'license' | 'leases';

/**
 * Most entries of a kind at a time. With ids and numbers as long as they get, a list of all these is below the
 * 600,000 characters that verifiers take.
 */
export const listedMax: Readonly<Record<RevocationKind, number>> = {
  key: 500,
  license: 10_000,
  leases: 500,
};

/** How long a revoked license is listed: by then every file of it has ended, and every lease long before. */
export const licenseListedMs = fileSecondsMax * 1_000 + 86_400_000;

/** How full a list is: the share of the fullest kind, 1 when nothing more of it can be revoked. */
export function fullnessOf(counts: Readonly<Record<RevocationKind, number>>): number {
  const { key, license, leases } = listedMax;
  return Math.max(counts.key / key, counts.license / license, counts.leases / leases);
}
