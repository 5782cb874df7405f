/** One in-process client: takes seats, keeps them, gives them back or forgets them, again and again. */
import {
  acquireOf,
  beatOf,
  lookOf,
  releaseOf,
  type ClientDevice,
  type Held,
  type Wish,
} from './asked.ts';
import { giveBack, keepSeat, type Left } from './keep-seat.ts';
import { pause } from './pause.ts';
import type { Random } from './random.ts';
import type { Requests } from './requests.ts';
import type { Site } from './site.ts';

export interface CopyPlan {
  name: string;
  device: ClientDevice;
  site: Site;
  requests: Requests;
  random: Random;
  /** Told which session it holds, or null. */
  holds: (session: string | null) => void;
}

/** Runs until `stopping`, then gives back what it holds. Never throws. */
export async function runCopy(plan: CopyPlan, stopping: AbortSignal): Promise<void> {
  const { random, name, device, requests } = plan;
  let life = 0;
  let instance = `${name}-0`;
  let left: Left | null = null;
  while (!stopping.aborted) {
    // The same instance comes back as often as a new one begins.
    if (random.chance(0.5) || left?.isAlive === true) instance = `${name}-${String((life += 1))}`;
    const before: Left | null = left;
    const held: Held | null = await takeSeat(plan, wishOf(device, instance, before), stopping);
    if (before?.isAlive === true) {
      // It may have lost its seat to the new instance, and is told so.
      await requests.ask(beatOf(before.held));
      await giveBack(requests, before.held);
    }
    left = held === null ? null : await keepSeat(plan, held, stopping);
    await pause(random.between(50, 400), stopping);
  }
  if (left?.isAlive === true) await giveBack(requests, left.held);
}

/** An instance asks for the seat of the one before it. */
function wishOf(device: ClientDevice, instance: string, left: Left | null): Wish {
  const before = left?.held.answer.session;
  const isOther = before !== undefined && before.instanceKey !== instance;
  return { device, instance, ...(isOther ? { takeover: before.id } : {}) };
}

/** Asks until there is a clear answer; waits in line where the site does. */
async function takeSeat(
  { site, requests, random }: CopyPlan,
  wish: Wish,
  stopping: AbortSignal,
): Promise<Held | null> {
  while (!stopping.aborted) {
    const learned = await requests.ask(acquireOf(site, wish));
    if (learned.kind === 'no') return null;
    if (learned.kind === 'unknown') {
      await pause(random.between(100, 400), stopping);
      continue;
    }
    const { answer } = learned;
    if (answer === null) return null;
    if (answer.session.status === 'active') return { answer };
    if (!(await standInLine(requests, { answer }, stopping))) return null;
  }
  return null;
}

/** @returns whether to ask for the seat again; false when the wait has ended, or was given up. */
async function standInLine(
  requests: Requests,
  waiting: Held,
  stopping: AbortSignal,
): Promise<boolean> {
  while (!stopping.aborted) {
    const learned = await requests.ask(lookOf(waiting));
    if (learned.kind === 'no') return false;
    if (learned.kind === 'unknown') await pause(200, stopping);
    else if (learned.answer?.session.status === 'ended') return false;
    else if (learned.answer?.session.status !== 'queued') return true;
  }
  await requests.ask(releaseOf(waiting));
  return false;
}
