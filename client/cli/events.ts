import type { EndReason } from '../../domain/errors.ts';
import type { Holder, LeaseholdError, MissingFeature, Upgrade } from '../errors.ts';
import type { QueueProgress } from '../queue.ts';
import type { Doubt } from '../verifier.ts';

/** What happens during `leasehold run`. With `--json` each is one line, with the time added. */
export type RunEvent =
  | ({ event: 'queued' } & QueueProgress)
  | ({ event: 'retrying' } & Fault)
  | {
      event: 'acquired';
      sessionId: string;
      licenseId: string;
      instanceKey: string;
      seats: { used: number; limit: number } | null;
      leaseUntil: Date;
    }
  | { event: 'started'; pid: number; command: string[] }
  | ({ event: 'degraded' } & Fault)
  | ({ event: 'grace'; until: Date; leftSeconds: number } & Fault)
  | ({ event: 'expired' } & Fault)
  | { event: 'recovered'; leaseUntil: Date }
  | ({ event: 'tampered' | 'revoked' } & Doubt)
  | ({ event: 'lost'; reason: EndReason | null; isStopping: boolean } & Fault)
  | { event: 'released'; confirmed: boolean }
  | {
      event: 'exited';
      exitCode: number;
      signal: NodeJS.Signals | null;
      /** Why the command could not be run at all. */
      problem: string | null;
    }
  | ({ event: 'failed'; exitCode: number } & Fault & Denial)
  | { event: 'interrupted'; signal: NodeJS.Signals; exitCode: number };

interface Fault {
  code: string;
  detail: string;
  conclusive: boolean;
  retryable: boolean;
}

interface Denial {
  requestId: string | null;
  reason: EndReason | null;
  holders: readonly Holder[];
  otherHolders: number;
  takeoverOffered: boolean;
  seats: { used: number; limit: number } | null;
  queueLength: number | null;
  missingFeatures: readonly MissingFeature[];
  upgrade: Upgrade | null;
}

export function faultOf({ code, detail, conclusive, retryable }: LeaseholdError): Fault {
  return { code, detail, conclusive, retryable };
}

export function denialOf(error: LeaseholdError): Fault & Denial {
  const { requestId, reason, holders, otherHolders, takeoverOffered, seats, queueLength } = error;
  const { missingFeatures, upgrade } = error;
  return {
    ...faultOf(error),
    ...{ requestId, reason, holders, otherHolders, takeoverOffered, seats, queueLength },
    ...{ missingFeatures, upgrade },
  };
}
