/** What every measurement works with. */
import type { Generator } from './generator.ts';
import type { JobResult } from './generator/jobs.ts';
import type { World } from './world.ts';

/** How much a run measures. */
export interface Extent {
  repetitions: number;
  /** How long one contender is loaded in one repetition. */
  windowMs: number;
  /** Most steps of one window. */
  stepsMax: number;
  connections: number;
  burst: { perSecond: number; durationMs: number; drainMaxMs: number };
  live: { sessions: number; durationMs: number };
  rebuildLeases: number;
  curves: { sessions: number[]; pools: number[] };
}

export interface Bench {
  world: World;
  generator: Generator;
  extent: Extent;
  /** A line for whoever waits. */
  progress: (text: string) => void;
}

/** @throws Error when a load met answers that it did not expect: its figures mean nothing. */
export function sound(result: JobResult, what: string): JobResult {
  const faults = Object.entries(result.faults);
  if (faults.length === 0 && result.steps > 0) return result;
  const list = faults.map(([kind, count]) => `${count} × ${kind}`).join('; ');
  throw new Error(`${what}: ${result.steps} steps went well, besides ${list || 'none'}`);
}

export function perSecond({ steps, seconds }: JobResult): number {
  return steps / seconds;
}
