import type { HeldSession, JobResult } from './jobs.ts';

/** Counts what a load brought back. */
export interface Tally {
  took(ms: number): void;
  /** An answer that is not the one that was wanted. */
  fault(what: string): void;
  keep(session: HeldSession): void;
  /** @param seconds how long the load lasted. */
  result(seconds: number): JobResult;
}

const faultKindsMax = 20;
const faultChars = 300;

export function createTally(): Tally {
  const latencies: number[] = [];
  const faults: Record<string, number> = {};
  const sessions: HeldSession[] = [];
  return {
    took: (ms) => latencies.push(ms),
    fault(what) {
      const kind = what.slice(0, faultChars);
      if (kind in faults || Object.keys(faults).length < faultKindsMax) {
        faults[kind] = (faults[kind] ?? 0) + 1;
      }
    },
    keep: (session) => sessions.push(session),
    result(seconds) {
      const sorted = Float64Array.from(latencies).sort();
      return {
        steps: sorted.length,
        seconds,
        p50Ms: quantile(sorted, 0.5),
        p99Ms: quantile(sorted, 0.99),
        maxMs: quantile(sorted, 1),
        faults,
        sessions,
      };
    },
  };
}

function quantile(sorted: Float64Array, share: number): number {
  const index = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return sorted[index] ?? 0;
}
