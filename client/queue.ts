import { setTimeout as sleep } from 'node:timers/promises';
import type { EndReason } from '../domain/errors.ts';
import { tableError, unproven } from './errors.ts';
import { releaseAtExit } from './exit.ts';
import { giveBack, refOf } from './give-back.ts';
import { withPatience, type Patience } from './patience.ts';
import type { Session, SessionAnswer, SessionRef, Transport } from './transport.ts';

/** Where a waiter stands. */
export interface QueueProgress {
  sessionId: string;
  /** 1 is next; null when the server does not say at this moment. */
  position: number | null;
  length: number | null;
  /** From recent tenures; null when there were none. */
  estimatedWaitSeconds: number | null;
  /** When the plan's longest wait is over. */
  waitUntil: Date | null;
  seats: { used: number; limit: number } | null;
}

interface Wait {
  transport: Transport;
  /** Asks for the seat once more: takes an offer, attaches, or queues again. */
  request: () => Promise<SessionAnswer>;
  onQueued: (progress: QueueProgress) => void;
  onRetry: Patience['onRetry'];
  signal: AbortSignal | undefined;
  releaseOnExit: boolean;
  /** What the server says of a place is never signed: with pinned roots its end is no denial. */
  isPinned: boolean;
}

const pollSeconds = 25;
const pollTimeoutMs = (pollSeconds + 10) * 1000;
/** A server that is away for longer than this has long forgotten who waits. */
const outageMaxMs = 300_000;
/** Answers without news that come faster than this are not asked for again at once. */
const pollPauseMs = 1_000;

/** A waiter that slept, or whose place ended with another process of the instance, queues again. */
const queuesAgain: readonly EndReason[] = ['released', 'superseded', 'lapsed', 'offer_expired'];
const queuesAgainMax = 5;

/**
 * Waits until the instance has a seat, telling of every change of its place. Leaving early, by the
 * signal or a failure, gives up the place.
 *
 * @throws LeaseholdError `session_ended` when the wait is over, `unreachable` after five minutes without
 * the server; the signal's reason.
 */
export async function waitForSeat(first: SessionAnswer, wait: Wait): Promise<SessionAnswer> {
  let answer = first;
  const leaving = new AbortController();
  const leave = {
    release: () => {
      leaving.abort();
      return giveBack(wait.transport, answer);
    },
  };
  const forget = wait.releaseOnExit ? releaseAtExit(leave) : () => undefined;
  let timesQueued = 1;
  let told = '';
  try {
    for (;;) {
      const { session } = answer;
      const progress = progressOf(session);
      const news = JSON.stringify(progress);
      if (session.status === 'queued' && news !== told) wait.onQueued(progress);
      told = news;
      const seen = await look(wait, refOf(answer));
      // The program ends: its place is given up, and must not be asked for once more.
      if (leaving.signal.aborted) return await endOfProgram;
      switch (seen.session.status) {
        case 'queued':
          answer = { ...answer, ...seen };
          continue;
        case 'ended':
          refuseToWait(seen, answer, { timesQueued: timesQueued++, isPinned: wait.isPinned });
          break;
        case 'offered':
        case 'active':
          break;
      }
      answer = await wait.request();
      if (answer.session.status === 'active') return answer;
    }
  } catch (error) {
    await leave.release();
    throw error;
  } finally {
    forget();
  }
}

/** Never settles; it does not keep a program alive. */
const endOfProgram = new Promise<never>(() => undefined);

export function progressOf({ id, queue, seats }: Session): QueueProgress {
  return {
    sessionId: id,
    position: queue?.position ?? null,
    length: queue?.length ?? null,
    estimatedWaitSeconds: queue?.estimatedWaitSeconds ?? null,
    waitUntil: queue?.waitUntil == null ? null : new Date(queue.waitUntil),
    seats,
  };
}

async function look({ transport, signal, onRetry }: Wait, ref: SessionRef): Promise<SessionAnswer> {
  const startedAt = performance.now();
  const answer = await withPatience(
    () => transport.getSession(ref, { waitSeconds: pollSeconds, timeoutMs: pollTimeoutMs, signal }),
    { patienceMs: outageMaxMs, signal, onRetry },
  );
  const restMs = pollPauseMs - (performance.now() - startedAt);
  if (answer.session.status === 'queued' && restMs > 0) {
    await sleep(restMs, undefined, signal === undefined ? {} : { signal });
  }
  return answer;
}

/** @throws LeaseholdError `session_ended` unless the waiter should simply queue again. */
function refuseToWait(
  ended: SessionAnswer,
  before: SessionAnswer,
  { timesQueued, isPinned }: { timesQueued: number; isPinned: boolean },
): void {
  const reason = ended.session.endReason ?? 'lapsed';
  const waitUntil = before.session.queue?.waitUntil ?? null;
  const isWaitOver = waitUntil !== null && ended.serverTime >= waitUntil;
  const isAsleep = reason === 'queue_timeout' && !isWaitOver;
  if ((queuesAgain.includes(reason) || isAsleep) && timesQueued <= queuesAgainMax) return;
  const end = tableError('session_ended', endedWhileWaiting[reason], { reason });
  throw isPinned ? unproven(end, 'what is said of a place is not signed') : end;
}

const endedWhileWaiting: Record<EndReason, string> = {
  lapsed: 'The place in the queue was given up because nobody asked for it. Queue again.',
  released: 'The place in the queue was given up by another process of this instance.',
  forced: 'An administrator took this place out of the queue.',
  license_suspended: 'The license was suspended while waiting. Ask its owner or the vendor.',
  license_revoked: 'The license was revoked while waiting. Ask the vendor for a new one.',
  offer_expired: 'A seat was offered and not taken in time. Queue again.',
  queue_timeout: 'No seat became free within the longest wait of this plan. Queue again.',
  superseded: 'A newer session of this machine has its place.',
};
