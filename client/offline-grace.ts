import { callAt, type Deadline } from './deadline.ts';

/** Shares of a grace that are over when its program is warned again. */
const warnedAt = [0.5, 0.8, 0.95] as const;
/** A long grace is also warned of when this much is left. */
const lastDaysMs = 172_800_000;

/** How much of a grace is left at each of its warnings after the first, the soonest first. Pure. */
export function warningsOf(totalMs: number): number[] {
  const shares = warnedAt.map((share) => totalMs * (1 - share));
  const all = totalMs > lastDaysMs ? [...shares, lastDaysMs] : shares;
  return all.toSorted((a, b) => b - a);
}

/**
 * Counts a grace down: warns at once, then as {@link warningsOf} says, and calls `over` at its end. Warnings
 * that were slept through are given as one.
 *
 * @param end of the right to go on.
 * @returns cancels it.
 */
export function countDown(
  end: Deadline,
  { keepAlive, warn, over }: { keepAlive: boolean; warn: () => void; over: () => void },
): () => void {
  const due = warningsOf(end.leftMs());
  const next = (): (() => void) => {
    while ((due[0] ?? 0) >= end.leftMs() && due.length > 0) due.shift();
    const leftThenMs = due[0] ?? 0;
    const soon: Deadline = { leftMs: () => end.leftMs() - leftThenMs };
    return callAt(
      soon,
      () => {
        if (end.leftMs() <= 0) {
          over();
          return;
        }
        cancel = next();
        warn();
      },
      { keepAlive },
    );
  };
  let cancel = next();
  warn();
  return () => {
    cancel();
  };
}
