/**
 * What clients saw and what was done to the server, as lines that are only ever appended. One clock
 * stamps all of them: the machine's monotonic one, which every process of it reads alike.
 */
import type { Fence } from '../../domain/seat.ts';

/** Milliseconds of the machine's monotonic clock. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

/**
 * What is added to a wall-clock time of an answer to have it on the monotonic clock. Of several
 * readings the one counts between whose halves the machine did nothing else.
 */
export function wallToMonotonicMs(): number {
  const readings = Array.from({ length: 20 }, () => monotonicMs() - Date.now());
  return Math.max(...readings);
}

/** What is done by a client, by the operator, or to the server. */
export type Deed =
  | ('acquire' | 'renew' | 'look' | 'release' | 'work' | 'vanish')
  | ('check-out' | 'fetch' | 'check-in')
  | ('force' | 'seats' | 'suspend' | 'reinstate')
  | 'fault';

/**
 * - `invoke`: about to be asked; nothing has left the client yet.
 * - `ok`: the answer was yes, and has come.
 * - `fail`: the answer was a conclusive no.
 * - `info`: nobody knows what became of it: no answer, or a fault of the server's.
 */
export type Phase = 'invoke' | 'ok' | 'fail' | 'info';

export interface HistoryEvent {
  at: number;
  client: string;
  /** Pairs an `invoke` with what came of it; counts within a client. */
  op: number;
  deed: Deed;
  phase: Phase;
  licenseId: string;
  instance: string;
  /** Which of the processes that share the instance; none for one that has it alone. */
  holder?: string;
  session?: string;
  /** The session whose seat the client asks for, should none be free. */
  takeover?: string;
  /** Of the session, in an answer. */
  status?: 'active' | 'queued' | 'offered' | 'ended';
  /** The answer says that this very request was granted, not that the seat was held before. */
  isGrant?: boolean;
  /** The client is willing to queue. */
  wait?: boolean;
  fence?: Fence;
  /** On the monotonic clock. */
  leaseUntil?: number;
  /** Who asks for a seat: what offline rights are counted by. */
  device?: string;
  /** The check-out of a license file. */
  file?: string;
  /** Whether it keeps them after a clean stop; if not, it drops its tokens before it says that it leaves. */
  keepsRights?: boolean;
  /** Until when a token or a file that came with this answer proves rights without the server; on the monotonic clock. */
  offlineUntil?: number;
  /** The token that came with this answer ends with its lease. */
  isOnlineOnly?: boolean;
  /** The code of a refusal or of a fault; `unreachable` when there was no answer. */
  code?: string;
  /** Why a session has ended. */
  reason?: string;
  /** The name of a fault. */
  fault?: string;
  /** The new number of seats. */
  seats?: number;
}

/** Takes lines; `events` gives all of them in the order of time. */
export interface Recorder {
  append: (event: HistoryEvent) => void;
  events: () => HistoryEvent[];
}

/** @param write also told of every line as it comes, to keep a file of them. */
export function createRecorder(write: (event: HistoryEvent) => void = () => undefined): Recorder {
  const lines: HistoryEvent[] = [];
  return {
    append(event) {
      lines.push(event);
      write(event);
    },
    // Lines of other processes come a little later than their time.
    events: () => lines.toSorted((one, other) => one.at - other.at),
  };
}
