/**
 * Which license files a license gives. A file that is bound to a device takes a seat out of the pool until
 * it ends, so that seats and files together never exceed what was sold; nothing can call it back before, so
 * its life is bounded by the plan and by the license's own end.
 *
 * A check-out is one file that was asked for: `pending` until it is signed, then `signed` until its end.
 * It ends once: `expired` by time, `failed` when it is not signed, `revoked` with its license,
 * `checked_in` when its device gave it up. While it is open, its device holds the seat. When the root that
 * signed its file is revoked, it waits to be signed anew, and nobody gets the old file any more.
 */
import { resolveEntitlements, tokenFeatures, type Entitlement } from './entitlement.ts';
import type { LicenseFacts } from './license.ts';
import { resolvePolicy, type Policy, type PolicyOverrides, type Rules } from './policy.ts';
import type { Refusal, UsageType } from './validation.ts';

export const checkOutStatuses = [
  'pending',
  'signed',
  'expired',
  'failed',
  'revoked',
  'checked_in',
] as const;
export type CheckOutStatus = (typeof checkOutStatuses)[number];

/** The longest life that a plan can give, for the door: a leap year. */
export const fileSecondsMax = 366 * 86_400;
export const fileSecondsMin = 60;

/** How long a check-out waits for its signature while the signing key is away. */
export const signingWaitMs = 24 * 3_600_000;
/** A verifier's clock may be behind by this much: so much longer the device of a file holds its seat. */
export const clockSkewMs = 60_000;
/** Check-outs that ended longer ago are deleted. */
export const keptMs = 90 * 86_400_000;

/** Files that a device may have open at a time: renewals of one, and some with other lives. */
export const openPerDevice = 10;

/** Signatures cost money and their number is what tells misuse of the key: a license has these in a day. */
export function checkOutsPerDay(seats: number): number {
  return Math.max(20, 4 * seats);
}

/** Whether a file is to be signed: there is none yet, or its root was revoked since. */
export function awaitsFile(checkOut: { status: CheckOutStatus; isVoid: boolean }): boolean {
  return checkOut.status === 'pending' || checkOut.isVoid;
}

/** A file as it is wanted. Two that are alike are one: asking again answers the file that is there. */
export interface FileWish {
  /** Null: bound to none. */
  deviceHash: string | null;
  nonce: string | null;
  ttlSeconds: number;
}

/** What a file says of its license. */
export interface FileTerms {
  tier: string;
  feat: Record<string, Entitlement['value']>;
  seats: number;
  usage: UsageType[];
  /** Unix seconds; null: it has no end. */
  licenseUntil: number | null;
}

interface LicenseOfFile extends LicenseFacts {
  planCode: string;
  planPolicy: Policy;
  overrides: PolicyOverrides;
}

/** What a file of this license would say now. */
export function fileTermsOf(license: LicenseOfFile): FileTerms {
  const { planCode, planPolicy, overrides, seats, expiresAt } = license;
  const { usageTypes } = resolvePolicy(planPolicy, overrides);
  return {
    tier: planCode,
    feat: tokenFeatures(resolveEntitlements(planPolicy.features, overrides.features)),
    seats,
    usage: usageTypes,
    licenseUntil: expiresAt === null ? null : Math.floor(expiresAt.getTime() / 1_000),
  };
}

/** The license's rules about files; null: it gives none. */
export function filePolicyOf({
  planPolicy,
  overrides,
}: Pick<LicenseOfFile, 'planPolicy' | 'overrides'>): Rules['licenseFiles'] {
  return resolvePolicy(planPolicy, overrides).licenseFiles;
}

/**
 * How long a file lives that is asked for without a time: as long as the plan lets a client go on without
 * the server, or, where it does not, as long as its files may.
 */
export function defaultFileSeconds(
  license: Pick<LicenseOfFile, 'planPolicy' | 'overrides'>,
): number {
  const { offlineGraceHours, licenseFiles } = resolvePolicy(license.planPolicy, license.overrides);
  const hoursMax = licenseFiles?.hoursMax ?? 0;
  const hours = offlineGraceHours === 0 ? hoursMax : Math.min(offlineGraceHours, hoursMax);
  return hours * 3_600;
}

/** Why the plan gives no such file, or null. */
export function refuseWish(
  license: Pick<LicenseOfFile, 'planPolicy' | 'overrides'>,
  { deviceHash, ttlSeconds }: FileWish,
): Refusal | null {
  const policy = filePolicyOf(license);
  if (policy === null) {
    return notAllowed('The plan of this license gives no license files. Acquire a seat instead.');
  }
  if (deviceHash === null && policy.needsDevice) {
    return notAllowed('The plan of this license gives license files for a named device only.');
  }
  if (ttlSeconds > policy.hoursMax * 3_600) {
    return notAllowed(
      `The plan of this license gives license files for ${policy.hoursMax} hours at most.`,
    );
  }
  return null;
}

function notAllowed(detail: string): Refusal {
  return { code: 'license_file_not_allowed', detail, isOfPlan: false };
}

/**
 * Whether a device may take a seat out of the pool: one is free, nobody waits for it, and the rights to go
 * on offline that are out already leave room for this one, which nothing can take back.
 */
export function mayTakeOut(
  license: Pick<LicenseOfFile, 'seats' | 'planPolicy' | 'overrides'>,
  out: {
    /** Open sessions that hold a seat, and those that wait for one. */
    used: number;
    queued: number;
    checkedOut: number;
    /** Devices that may go on without the server by a session that is open, or ended since. */
    offline: number;
  },
): boolean {
  const { seats } = license;
  const { offlineAllowance } = resolvePolicy(license.planPolicy, license.overrides);
  const allowance = offlineAllowance === 'seats' ? seats : offlineAllowance;
  const isFree = out.queued === 0 && out.used + out.checkedOut < seats;
  return isFree && out.offline + out.checkedOut < seats + allowance;
}

/** What a license lets run at once, and beyond it; `offlineAllowance` counts tokens, as in the policy. */
export interface Shares extends Pick<Policy, 'overdraft' | 'offlineAllowance'> {
  seats: number;
}

/**
 * What license files leave to the pool: each device with one has a seat, and needs no server to use it. Where more
 * are out than there are seats, because fewer are sold by now, the rest is taken off what would be granted
 * beyond the seats: else that many more would run than the license allows in all.
 */
export function leftOfFiles(sold: Shares, checkedOut: number): Shares {
  const { overdraft, offlineAllowance } = sold;
  const deficit = Math.max(0, checkedOut - sold.seats);
  const without = (count: number) => Math.max(0, count - deficit);
  return {
    seats: Math.max(0, sold.seats - checkedOut),
    overdraft: without(overdraft),
    // As many as there are seats: of those that are left.
    offlineAllowance: offlineAllowance === 'seats' ? 'seats' : without(offlineAllowance),
  };
}

/** When a file ends that is signed at `now`: with its license at the latest. */
export function fileEndOf(
  { expiresAt }: Pick<LicenseFacts, 'expiresAt'>,
  file: {
    ttlSeconds: number;
    now: Date;
  },
): Date {
  const end = file.now.getTime() + file.ttlSeconds * 1_000;
  return new Date(expiresAt === null ? end : Math.min(end, expiresAt.getTime()));
}

/** When a new file is signed for the same wish: once less than half of the present one's life is left. */
export function renewalOf(file: { signedAt: Date; fileExpiresAt: Date }): Date {
  return new Date((file.signedAt.getTime() + file.fileExpiresAt.getTime()) / 2);
}
