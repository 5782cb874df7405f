import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { isTransient } from './errors.ts';

/**
 * Asks again, after what the server asked to wait or after a growing pause, while the fault is one that
 * passes. A denial is thrown at once.
 *
 * @param options `patienceMs` bounds the whole; the attempt under way is let finish.
 * @throws the last failure, or the signal's reason.
 */
export function withPatience<Answer>(
  ask: () => Promise<Answer>,
  options: { patienceMs: number; signal?: AbortSignal | undefined },
): Promise<Answer> {
  const { patienceMs, signal } = options;
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
      const askedMs = Math.min(error.retryAfterMs ?? 0, endsAt - performance.now());
      if (askedMs > 0) await sleep(askedMs, undefined, signal === undefined ? {} : { signal });
      return true;
    },
  });
}
