import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { isTransient, type LeaseholdError } from './errors.ts';

export interface Patience {
  /** Bounds the whole; the attempt under way is let finish. */
  patienceMs: number;
  signal?: AbortSignal | undefined;
  /** Told of each failure before it is tried again. */
  onRetry?: ((error: LeaseholdError) => void) | undefined;
}

/**
 * Asks again, after what the server asked to wait or after a growing pause, while the fault is one that
 * passes. A denial is thrown at once.
 *
 * @throws the last failure, or the signal's reason.
 */
export function withPatience<Answer>(
  ask: () => Promise<Answer>,
  { patienceMs, signal, onRetry }: Patience,
): Promise<Answer> {
  const endsAt = performance.now() + patienceMs;
  return pRetry(ask, {
    retries: Infinity,
    maxRetryTime: patienceMs,
    minTimeout: 250,
    maxTimeout: 5_000,
    randomize: true,
    ...(signal === undefined ? {} : { signal }),
    shouldRetry: async ({ error }) => {
      if (!isTransient(error)) return false;
      onRetry?.(error);
      const askedMs = Math.min(error.retryAfterMs ?? 0, endsAt - performance.now());
      if (askedMs > 0) await sleep(askedMs, undefined, signal === undefined ? {} : { signal });
      return true;
    },
  });
}
