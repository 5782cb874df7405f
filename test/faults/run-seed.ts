/** One seed: a fresh fleet on a running stack, its faults, its end, and what the checker says of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTemporal } from '../../platform/temporal.ts';
import { reconcilePoolsId } from '../../workflows/contract.ts';
import { check } from './check/check.ts';
import type { Run, Violation } from './check/story.ts';
import { partOf, strike, type FaultName } from './faults.ts';
import { isAgreed, isQuiet, readState, type FinalState, type Place } from './final-state.ts';
import { createFileReader } from './file.ts';
import { startFleet, type Fleet } from './fleet.ts';
import { createRecorder, monotonicMs, wallToMonotonicMs, type Recorder } from './history.ts';
import { pause } from './pause.ts';
import { planFaults, type PlannedFault } from './schedule.ts';
import { openSites, policy } from './site.ts';
import type { Stack } from './stack.ts';

export interface SeedPlan {
  seed: number;
  /** How long faults happen. */
  lengthMs: number;
  only: readonly FaultName[];
  copies: number;
  programs: number;
  /** Ends the seed early; what was seen so far is judged. */
  stopping: AbortSignal;
}

export interface SeedResult {
  seed: number;
  faults: PlannedFault[];
  run: Run;
  violations: Violation[];
  tookMs: number;
}

/** Writes a seed's history and what the stores held in the end; returns where. */
export async function keepHistory(folder: string, { seed, run }: SeedResult): Promise<string> {
  const file = join(folder, `seed-${String(seed)}.jsonl`);
  const { events, ...rest } = run;
  const lines = [...events, rest].map((line) => JSON.stringify(line));
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

/** How long the fleet goes on after the last fault. */
const calmMs = 1_000;
const settleMaxMs = 60_000;
const sweepsMax = 2;
/** A sweep is asked for when leases alone did not bring agreement, and given this long. */
const sweepEveryMs = 10_000;

/** @throws Error when a part does not come back, or the stores cannot be read in the end. */
export async function runSeed(stack: Stack, plan: SeedPlan): Promise<SeedResult> {
  const beganAt = monotonicMs();
  // The wall clock may drift from one seed to the next.
  const wallOffsetMs = wallToMonotonicMs();
  const sites = await openSites(stack);
  const recorder = createRecorder();
  const lag = measureLag();
  const faults = planFaults(plan.seed, plan);
  const readFile = await createFileReader(stack.rootsFile);
  const fleet = startFleet({ stack, sites, recorder, wallOffsetMs, readFile, ...plan });
  try {
    const stage = { stack, fleet, recorder, stopping: plan.stopping };
    await Promise.all([
      ...[...Map.groupBy(faults.entries(), ([, { name }]) => partOf(name)).values()].map((ofPart) =>
        inflictInTurn(stage, ofPart),
      ),
      pause(plan.lengthMs, plan.stopping),
    ]);
    await pause(calmMs, plan.stopping);
  } finally {
    await fleet.stop();
  }
  const state = await settle(stack, { ...stack, sites, wallOffsetMs });
  const run = { ...state, ...figures, machineMs: lag(), events: recorder.events() };
  return { seed: plan.seed, faults, run, violations: check(run), tookMs: monotonicMs() - beganAt };
}

const figures = {
  leaseMs: policy.leaseSeconds * 1_000,
  livenessMs: (policy.queue?.livenessSeconds ?? 0) * 1_000,
  offerMs: (policy.queue?.offerSeconds ?? 0) * 1_000,
  queueWaitMs: (policy.queue?.waitMaxSeconds ?? 0) * 1_000,
};

interface Stage {
  stack: Stack;
  fleet: Fleet;
  recorder: Recorder;
  stopping: AbortSignal;
}

/** A part that takes long to come back is broken again only then. */
async function inflictInTurn(stage: Stage, faults: [number, PlannedFault][]): Promise<void> {
  const beganAt = performance.now();
  for (const [op, fault] of faults) {
    await pause(fault.atMs - (performance.now() - beganAt), stage.stopping);
    await inflict(stage, fault, op);
  }
}

async function inflict(stage: Stage, fault: PlannedFault, op: number): Promise<void> {
  const { stack, fleet, recorder, stopping } = stage;
  if (stopping.aborted) return;
  const about = { client: 'faults', op, deed: 'fault', fault: fault.name } as const;
  const nobody = { licenseId: '', instance: '' };
  recorder.append({ ...about, ...nobody, at: monotonicMs(), phase: 'invoke' });
  const mend = await strike(fault.name, { stack, fleet, pick: fault.pick });
  await pause(fault.forMs, stopping);
  await mend();
  recorder.append({ ...about, ...nobody, at: monotonicMs(), phase: 'ok' });
}

/** Waits until nobody holds, waits or is owed anything, with the help of two sweeps at most. */
async function settle(stack: Stack, place: Place): Promise<FinalState> {
  const deadline = performance.now() + settleMaxMs;
  let sweepAt = performance.now() + figures.leaseMs + figures.offerMs + 2_000;
  for (let sweeps = 0; ;) {
    await delay(100);
    const read = await readState(place).catch((cause: unknown) => {
      if (performance.now() < deadline) return null;
      throw new Error('The stores cannot be read after the faults', { cause });
    });
    if (read !== null && isQuiet(read)) return read;
    if (read !== null && performance.now() > deadline) return read;
    if (performance.now() < sweepAt || (read !== null && isAgreed(read))) continue;
    if (read !== null && sweeps === sweepsMax) return read;
    sweeps += 1;
    sweepAt = performance.now() + sweepEveryMs;
    await triggerSweep(stack);
  }
}

async function triggerSweep({ temporalAddress }: Stack): Promise<void> {
  const { client, close } = connectTemporal({
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
  });
  try {
    await client.withDeadline(Date.now() + 5_000, () =>
      client.schedule.getHandle(reconcilePoolsId).trigger(),
    );
  } finally {
    await close();
  }
}

/** @returns a function that stops measuring and tells the longest time that this process had to wait. */
function measureLag(): () => number {
  const everyMs = 50;
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - everyMs);
    last = now;
  }, everyMs);
  return () => {
    clearInterval(timer);
    return longestMs + 500;
  };
}
