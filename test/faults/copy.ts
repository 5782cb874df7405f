/** One in-process client: takes seats, keeps them, gives them back or forgets them, again and again. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from './random.ts';
import type { Answer, Asked, Learned, Requests } from './requests.ts';
import type { Site } from './site.ts';

export interface CopyPlan {
  name: string;
  site: Site;
  requests: Requests;
  random: Random;
  /** Told which session it holds, or null. */
  holds: (session: string | null) => void;
}

const timeoutMs = 2_500;
const beatTimeoutMs = 1_250;
const lookSeconds = 2;

/** Runs until `stopping`, then gives back what it holds. Never throws. */
export async function runCopy(plan: CopyPlan, stopping: AbortSignal): Promise<void> {
  const { random, name } = plan;
  let life = 0;
  let instance = `${name}-0`;
  while (!stopping.aborted) {
    // The same instance comes back as often as a new one begins.
    if (random.chance(0.5)) instance = `${name}-${String((life += 1))}`;
    const held = await takeSeat(plan, instance, stopping);
    if (held !== null) await keepSeat(plan, held, stopping);
    await pause(random.between(50, 400), stopping);
  }
}

/** Asks until there is a clear answer; waits in line where the site does. */
async function takeSeat(
  { site, requests, random }: CopyPlan,
  instance: string,
  stopping: AbortSignal,
): Promise<Answer | null> {
  while (!stopping.aborted) {
    const learned = await requests.ask(acquireOf(site, instance));
    if (learned.kind === 'no') return null;
    if (learned.kind === 'unknown') {
      await pause(random.between(100, 400), stopping);
      continue;
    }
    if (learned.answer?.session.status === 'active') return learned.answer;
    const waiting = learned.answer;
    if (waiting === null || !(await standInLine(requests, waiting, stopping))) return null;
  }
  return null;
}

/** @returns whether to ask for the seat again; false when the wait has ended, or was given up. */
async function standInLine(
  requests: Requests,
  waiting: Answer,
  stopping: AbortSignal,
): Promise<boolean> {
  while (!stopping.aborted) {
    const path = `?wait=${String(lookSeconds)}`;
    const longMs = lookSeconds * 1_000 + timeoutMs;
    const look: Asked = { ...ofHolder('look', 'GET', path, waiting), timeoutMs: longMs };
    const learned = await requests.ask(look);
    if (learned.kind === 'no') return false;
    if (learned.kind === 'unknown') await pause(200, stopping);
    else if (learned.answer?.session.status === 'ended') return false;
    else if (learned.answer?.session.status !== 'queued') return true;
  }
  await requests.ask(releaseOf(waiting));
  return false;
}

/** Beats for a while, then gives the seat back or, now and then, never says another word. */
async function keepSeat(
  { random, requests, holds }: CopyPlan,
  held: Answer,
  stopping: AbortSignal,
): Promise<void> {
  holds(held.session.id);
  const until = performance.now() + random.between(50, 1_800);
  while (performance.now() < until && !stopping.aborted) {
    await pause(random.between(200, 700), stopping);
    const beat = { ...ofHolder('renew', 'POST', '/heartbeat', held), body: {} };
    const learned = await requests.ask({ ...beat, timeoutMs: beatTimeoutMs });
    if (learned.kind === 'no') {
      holds(null);
      return;
    }
  }
  holds(null);
  if (random.chance(0.1) && !stopping.aborted) {
    requests.note({ deed: 'vanish', instance: held.session.instanceKey, session: held.session.id });
    return;
  }
  await giveBack(requests, held);
}

/** Three tries; after that the lease has to do it. */
async function giveBack(requests: Requests, held: Answer): Promise<Learned | undefined> {
  let learned: Learned | undefined;
  for (let tries = 0; tries < 3 && learned?.kind !== 'yes'; tries += 1) {
    learned = await requests.ask(releaseOf(held));
  }
  return learned;
}

function acquireOf({ licenseKey, product, queues }: Site, instance: string): Asked {
  const program = { product, version: '1.0.0', usageType: 'builder' };
  const body = { instanceKey: instance, ...program, device: { fingerprint: instance } };
  return {
    ...{ deed: 'acquire', method: 'POST', path: '/v1/sessions', timeoutMs, instance, wait: queues },
    authorization: `License ${licenseKey}`,
    body: { ...body, wait: queues },
  };
}

function releaseOf(held: Answer): Asked {
  return ofHolder('release', 'DELETE', '', held);
}

function ofHolder(
  deed: Asked['deed'],
  method: string,
  suffix: string,
  { session, credential = '' }: Answer,
): Asked {
  const path = `/v1/sessions/${session.id}${suffix}`;
  const who = { instance: session.instanceKey, session: session.id };
  return { deed, method, path, timeoutMs, authorization: `Bearer ${credential}`, ...who };
}

/** Resolves early when the fleet is told to stop. */
async function pause(ms: number, stopping: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal: stopping }).catch(() => undefined);
}
