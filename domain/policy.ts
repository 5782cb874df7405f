/**
 * A policy is the set of rules of a plan: what its licenses may do and with which figures. A license
 * inherits its plan's policy and may override single members. Everything here is data; a vendor's
 * catalogue changes without a line of code.
 */
import type { Feature, Features } from './entitlement.ts';
import type { UsageType } from './validation.ts';
import type { PoolConfig, PoolStatus } from './seat.ts';

/** Rules about waiting for a seat; null on a policy means that nobody may wait. */
export interface QueuePolicy {
  /** Most waiters at a time. */
  lengthMax: number;
  /** Longest wait before a waiter is sent away, in seconds. */
  waitMaxSeconds: number;
  /** How long a freed seat is held back for the first waiter, in seconds. */
  offerSeconds: number;
  /** A waiter that did not ask for this long is gone, in seconds. */
  livenessSeconds: number;
}

/** Rules about license files; null on a policy means that none are given. */
export interface LicenseFilePolicy {
  /**
   * Whether each file is bound to a device, which then holds a seat until the file ends. Without, files
   * may be had that run on every machine they are copied to: only for plans that do not count copies.
   */
  needsDevice: boolean;
  /** Longest life of a file, in hours. */
  hoursMax: number;
}

export interface Policy {
  /** Fewest and most seats that a license of this plan may have. */
  seats: { min: number; max: number };
  /** A seat that hears no heartbeat for this long is free again, in seconds. */
  leaseSeconds: number;
  /** How often a client beats, in seconds; at most half the lease, so that one lost beat costs nothing. */
  heartbeatSeconds: number;
  /** Processes of one instance that may share its seat. */
  holdersMax: number;
  /** Seats granted beyond the limit. */
  overdraft: number;
  queue: QueuePolicy | null;
  usageTypes: UsageType[];
  /** How long a client may go on without the server after its lease, in hours. */
  offlineGraceHours: number;
  /** Offline-capable tokens beyond the seats: a number, or 'seats' for as many as there are seats. */
  offlineAllowance: number | 'seats';
  /** Devices that may be activated; null for no cap. */
  devicesMax: number | null;
  licenseFiles: LicenseFilePolicy | null;
  /** Whether a denial names who else holds the seats, or only counts them. */
  namesHolders: boolean;
  /** What the product may do beyond running; `resolveEntitlements` says what holds for a license. */
  features: Features;
}

/** Single members of the plan's policy that a license replaces. */
export type PolicyOverrides = { [Member in keyof Policy]?: Policy[Member] | undefined };

/** Every rule but the features, which a license replaces one by one. */
export type Rules = Omit<Policy, 'features'>;

/** The rules that hold for a license. */
export function resolvePolicy(
  { features: _ofPlan, ...plan }: Policy,
  { features: _own, ...overrides }: PolicyOverrides,
): Rules {
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  return { ...plan, ...(Object.fromEntries(given) as Partial<Rules>) };
}

/** The same overrides with other features: null gives back what the plan says. */
export function withFeatures(
  { features: present = {}, ...overrides }: PolicyOverrides,
  change: Readonly<Record<string, Feature | null>>,
): PolicyOverrides {
  const merged = Object.entries({ ...present, ...change });
  const features = Object.fromEntries(
    merged.filter((entry): entry is [string, Feature] => entry[1] !== null),
  );
  return Object.keys(features).length === 0 ? overrides : { ...overrides, features };
}

/** What is wrong with a policy whose members are each valid, or null. */
export function faultOfPolicy(
  policy: Pick<Policy, 'heartbeatSeconds' | 'leaseSeconds'>,
): { member: keyof Policy; message: string } | null {
  if (policy.heartbeatSeconds * 2 <= policy.leaseSeconds) return null;
  return { member: 'heartbeatSeconds', message: 'must be at most half of leaseSeconds' };
}

/** Longest offline grace: certificates are good for as long after the last token that their key signed. */
export const offlineGraceHoursMax = 168;

/** `signalEvery`: a heartbeat reaches the workflow at most this often, so that two fit in a lease. */
const signalsPerLease = 2.4;

/** What the seat scripts need to know of a license. */
export function poolConfigOf(input: {
  policy: Rules;
  seats: number;
  status: PoolStatus;
  expiresAt: Date | null;
  version: number;
}): PoolConfig {
  const { policy } = input;
  const leaseMs = policy.leaseSeconds * 1000;
  return {
    version: input.version,
    limit: input.seats,
    overdraft: policy.overdraft,
    status: input.status,
    validUntil: input.expiresAt === null ? null : input.expiresAt.getTime(),
    leaseMs,
    heartbeatMs: policy.heartbeatSeconds * 1000,
    signalEveryMs: Math.floor(leaseMs / signalsPerLease),
    holdersMax: policy.holdersMax,
    queueMax: policy.queue?.lengthMax ?? 0,
    queueWaitMs: (policy.queue?.waitMaxSeconds ?? 0) * 1000,
    offerMs: (policy.queue?.offerSeconds ?? 0) * 1000,
    livenessMs: (policy.queue?.livenessSeconds ?? 0) * 1000,
    graceMs: Math.min(policy.offlineGraceHours, offlineGraceHoursMax) * 3_600_000,
    offlineAllowance: policy.offlineAllowance === 'seats' ? input.seats : policy.offlineAllowance,
  };
}
