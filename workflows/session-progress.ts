/**
 * What a session's workflow knows of its session, and how each piece of news changes it. Pure.
 *
 * `queued`, `offered` and `active` are left by news alone; `ended` is never left. News may come twice,
 * late or in another order than it happened, so every function may be applied again without harm:
 * within one status `until` only rises, and after the end nothing counts.
 */
import type { EndReason } from '../domain/errors.ts';
import type { GrantedSignal, HeartbeatSignal, LicenseSessionInput } from './contract.ts';
import type { OpenState, SessionProgress } from './contract.ts';

/** Where a new run stands before it has looked at anything, or where the former run stood. */
export function beginProgress(input: LicenseSessionInput): SessionProgress {
  return (
    input.carried ?? {
      status: input.status,
      until: input.until,
      endReason: null,
      lastSeenAt: null,
      signals: 0,
    }
  );
}

/** A heartbeat proves that the session holds its seat, even when `granted` is still on its way. */
export function afterHeartbeat(progress: SessionProgress, beat: HeartbeatSignal): SessionProgress {
  const found = { status: 'active', until: beat.leaseUntil } as const;
  const lastSeenAt = Math.max(progress.lastSeenAt ?? 0, beat.seenAt);
  return { ...afterLook(progress, found), lastSeenAt, signals: progress.signals + 1 };
}

export function afterGrant(progress: SessionProgress, grant: GrantedSignal): SessionProgress {
  const found = { status: 'active', until: grant.leaseUntil } as const;
  return { ...afterLook(progress, found), signals: progress.signals + 1 };
}

/** The row has ended: `released` and `revoked` both say so. */
export function afterEndSignal(progress: SessionProgress, reason: EndReason): SessionProgress {
  return { ...afterEnd(progress, reason), signals: progress.signals + 1 };
}

/** The first reason stays. */
export function afterEnd(progress: SessionProgress, reason: EndReason | null): SessionProgress {
  if (progress.status === 'ended') return progress;
  return { ...progress, status: 'ended', endReason: reason };
}

/** What Redis said of a session that is still there. */
export function afterLook(progress: SessionProgress, found: OpenState): SessionProgress {
  if (progress.status === 'ended') return progress;
  const { status } = found;
  const until = status === progress.status ? Math.max(progress.until, found.until) : found.until;
  return { ...progress, status, until };
}

const words = { queued: 'waits', offered: 'offer', active: 'lease', ended: 'ended' } as const;

/** "lease until 12:05:10Z": what the deadline of this state is, for people. */
export function describeDeadline({ status }: SessionProgress, at: number): string {
  return `${words[status]} until ${new Date(at).toISOString().slice(11, 19)}Z`;
}

/** One line for the top of the workflow's page in Temporal's UI. */
export function describeProgress(progress: SessionProgress): string {
  if (progress.status === 'ended') return `Ended: ${progress.endReason ?? 'never recorded'}.`;
  const seen =
    progress.lastSeenAt === null
      ? ''
      : `, last seen ${new Date(progress.lastSeenAt).toISOString()}`;
  return `${progress.status}: ${describeDeadline(progress, progress.until)}${seen}.`;
}
