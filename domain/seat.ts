/**
 * The words of seats. A license has one pool; a running instance of the customer's software holds at
 * most one seat of it; each tenure of a seat (waiting for it included) is one session.
 *
 * A session is `queued` → `offered` → `active` → `ended`, or is granted at once, or ends from any
 * state. `offered` means that a seat is held back for the waiter until `offerUntil`.
 */
import type { EndReason } from './errors.ts';
import type { UsageType } from './validation.ts';

/** The pool of one license. Its Redis keys share one hash tag made of the two ids. */
export interface PoolRef {
  tenantId: string;
  licenseId: string;
}

export type SessionStatus = 'queued' | 'offered' | 'active' | 'ended';

/** Rises with every grant of a pool, across restarts, restores and failovers: compare epoch first. */
export interface Fence {
  epoch: number;
  counter: number;
}

/** Whether a pool hands out seats. `expired` stops grants only; the others end what runs. */
export type PoolStatus = 'open' | 'suspended' | 'revoked';

/** What the scripts must know of a license; it travels with every acquire. Times are milliseconds. */
export interface PoolConfig {
  /** Rises with every change of the license or its policy; scripts ignore older ones. */
  version: number;
  limit: number;
  overdraft: number;
  status: PoolStatus;
  /** Unix milliseconds after which no grant is made, or null. */
  validUntil: number | null;
  leaseMs: number;
  heartbeatMs: number;
  /** Least time between two heartbeats that are forwarded to the session's workflow. */
  signalEveryMs: number;
  holdersMax: number;
  queueMax: number;
  queueWaitMs: number;
  offerMs: number;
  livenessMs: number;
  /** How long a token with offline rights lasts after the lease. */
  graceMs: number;
  /** Devices that may have offline rights at a time, beyond the limit. */
  offlineAllowance: number;
}

/** How long offline rights last after a beat. */
export function rightsMsOf({ leaseMs, graceMs }: PoolConfig): number {
  return leaseMs + graceMs;
}

/**
 * Whether offline rights outlast a clean stop: a person's machine keeps them, so that the next start needs no
 * network. What a product's own runtime, a build or a container gives back, it gives back whole.
 */
export function keepsRights(use: {
  usageType: UsageType;
  device: { ephemeral?: boolean | undefined };
}): boolean {
  return use.usageType === 'builder' && use.device.ephemeral !== true;
}

/** A session that a script dropped and that the ledger has not acknowledged yet. */
export interface DroppedSession {
  sessionId: string;
  instanceKey: string;
  reason: EndReason;
  /** Unix milliseconds, server time of Redis. */
  at: number;
  /** The epoch of the pool that dropped it. */
  epoch: number;
  /** Until when its device has offline rights by it, in unix milliseconds; null for none. */
  hardUntil: number | null;
}

/**
 * Why a takeover was refused: the session is not one of the caller's device (an unknown one is the
 * same), it has ended, it has no seat itself, others wait before the caller, or more seats are in use
 * than the license has by now.
 */
export const takeoverRefusals = [
  'not_own',
  'ended',
  'is_waiting',
  'others_wait',
  'over_limit',
] as const;
export type TakeoverRefusal = (typeof takeoverRefusals)[number];

export interface SeatUsage {
  used: number;
  limit: number;
}

/** How long the caller at `position` (1 = next) probably waits, from recent tenures; null if unknown. */
export function estimateWaitSeconds(
  position: number,
  limit: number,
  meanTenureMs: number | null,
): number | null {
  if (meanTenureMs === null || limit <= 0) return null;
  return Math.max(1, Math.ceil((position * meanTenureMs) / limit / 1000));
}
