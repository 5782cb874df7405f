/** Which fault happens when. Everything follows from the seed. */
import { faultNames, partOf, type FaultName } from './faults.ts';
import { createRandom, type Random } from './random.ts';

/** One fault of a schedule; times count from the beginning of the fleet. */
export interface PlannedFault {
  name: FaultName;
  atMs: number;
  /** How long it lasts before what it broke is brought back. */
  forMs: number;
  /** From 0 up to 1: chooses among several parts that it may hit. */
  pick: number;
}

/** About one fault for each of these, two parts at a time. */
const rhythmMs = 2_000;
const firstMs = 400;

/**
 * The faults of a seed, which begin within `lengthMs`. Two lanes, so that two parts may be broken at a time, never
 * the same part twice at once.
 */
export function planFaults(
  seed: number,
  { lengthMs, only }: { lengthMs: number; only: readonly FaultName[] },
): PlannedFault[] {
  const random = createRandom(seed).fork('schedule');
  const names = only.length > 0 ? only : faultNames;
  const lanes = [planLane(random, names, lengthMs), planLane(random, names, lengthMs)];
  const [first = [], second = []] = lanes;
  const apart = second.filter((fault) => !first.some((other) => collide(fault, other)));
  return [...first, ...apart].toSorted((one, other) => one.atMs - other.atMs);
}

function planLane(random: Random, names: readonly FaultName[], lengthMs: number): PlannedFault[] {
  const planned: PlannedFault[] = [];
  let atMs = firstMs + random.between(0, rhythmMs);
  while (atMs < lengthMs) {
    // Some outlast every lease.
    const forMs = random.chance(0.2) ? random.between(5_000, 7_000) : random.between(200, 2_500);
    const name = names[random.between(0, names.length - 1)];
    if (name !== undefined) planned.push({ name, atMs, forMs, pick: random.next() });
    atMs += forMs + random.between(rhythmMs / 2, rhythmMs * 2);
  }
  return planned;
}

/** What was broken takes some time to come back. */
const recoveryMs = 3_000;

function collide(one: PlannedFault, other: PlannedFault): boolean {
  if (partOf(one.name) !== partOf(other.name)) return false;
  return (
    one.atMs <= other.atMs + other.forMs + recoveryMs &&
    other.atMs <= one.atMs + one.forMs + recoveryMs
  );
}
