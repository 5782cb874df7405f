import {
  ConsecutiveBreaker,
  TimeoutStrategy,
  circuitBreaker,
  handleWhen,
  timeout,
  wrap,
} from 'cockatiel';
import { KmsAnswerFault, kmsOutcomes, outcomeOf, type KmsOutcome } from './kms-faults.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** How long a call may take and when calls stop being made. */
export interface KmsLimits {
  /** From the call of a function of `Kms` to its outcome, all tries together. */
  deadlineMs: number;
  /** So many calls in a row without an answer, and the next fail at once … */
  breakAfter: number;
  /** … until one is let through after this time. */
  halfOpenAfterMs: number;
}

const triesMax = 3;

/**
 * Bounds and counts every call of Cloud KMS. The client's own timeout was seen to take a second more
 * than it was given, and by itself the client tries for ten minutes.
 */
export function createKmsGuard(
  { deadlineMs, breakAfter, halfOpenAfterMs }: KmsLimits,
  { metrics, log }: { metrics: Metrics; log: Logger },
) {
  const breaker = circuitBreaker(
    handleWhen((error) => outcomeOf(error) === 'away'),
    { halfOpenAfter: halfOpenAfterMs, breaker: new ConsecutiveBreaker(breakAfter) },
  );
  metrics.kmsBreakerOpen.set(0);
  // A counter that begins with its first fault would show no increase.
  for (const outcome of kmsOutcomes) {
    for (const method of ['asymmetricSign', 'getPublicKey']) {
      metrics.kmsCalls.inc({ method, outcome }, 0);
    }
  }
  breaker.onBreak(() => {
    metrics.kmsBreakerOpen.set(1);
    log.warn('Cloud KMS is away: calls fail at once');
  });
  breaker.onReset(() => {
    metrics.kmsBreakerOpen.set(0);
    log.info('Cloud KMS answers again');
  });
  const count = (method: string, outcome: KmsOutcome) => metrics.kmsCalls.inc({ method, outcome });

  return {
    /** A new deadline, for `call`. */
    endsAt: () => performance.now() + deadlineMs,
    /** Makes one call, and rejects by the deadline whatever becomes of it. */
    async call<T>(
      { method, endsAt }: { method: string; endsAt: number },
      work: (leftMs: number) => Promise<T>,
    ): Promise<T> {
      const leftMs = Math.max(1, endsAt - performance.now());
      const inTime = () => timeout(leftMs, TimeoutStrategy.Aggressive);
      try {
        // The outer one is for who waits at the breaker for another's trial call.
        const answer = await wrap(inTime(), breaker, inTime()).execute(() => work(leftMs));
        count(method, 'answered');
        return answer;
      } catch (error) {
        count(method, outcomeOf(error));
        throw error;
      }
    },
    /** Does the work again when an answer was corrupted, three times at most. */
    async triedAgain<T>(work: () => Promise<T>): Promise<T> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await work();
        } catch (error) {
          const isCorrupted = error instanceof KmsAnswerFault && error.kind === 'corrupted';
          if (!isCorrupted || tries === triesMax) throw error;
          log.warn({ err: error }, 'An answer of Cloud KMS was discarded');
        }
      }
    },
  };
}
