/** What a client does with a seat until it is rid of it. */
import { acquireOf, beatOf, releaseOf, type Held } from './asked.ts';
import type { CopyPlan } from './copy.ts';
import { pause } from './pause.ts';
import type { Learned, Requests } from './requests.ts';

/** A seat that its instance left without giving it back. */
export interface Left {
  held: Held;
  /** It beats on until the next instance has a seat; else nothing more is heard of it. */
  isAlive: boolean;
}

const secondHolder = 'two';

/**
 * Beats for a while, now and then as two processes, of which one leaves after the other. Then gives the
 * seat back, or leaves it to the next instance.
 */
export async function keepSeat(
  plan: CopyPlan,
  first: Held,
  stopping: AbortSignal,
): Promise<Left | null> {
  const { random, requests, holds } = plan;
  const { session } = first.answer;
  holds(session.id);
  const second = random.chance(0.25) ? await share(plan, first) : null;
  let holders = second === null ? [first] : [first, second];
  const until = performance.now() + random.between(50, 1_800);
  while (performance.now() < until && holders.length > 0 && !stopping.aborted) {
    await pause(random.between(200, 700), stopping);
    holders = await beat(requests, holders);
  }
  while (holders.length > 1) {
    await giveBack(requests, holders[0]);
    await pause(random.between(50, 500), stopping);
    holders = await beat(requests, holders.slice(1));
  }
  holds(null);
  const [last] = holders;
  if (last === undefined) return null;
  const isAlive = random.chance(0.15);
  if (!stopping.aborted && (isAlive || random.chance(0.1))) {
    const { id, instanceKey: instance } = session;
    if (!isAlive) requests.note({ deed: 'vanish', instance, session: id });
    return { held: last, isAlive };
  }
  await giveBack(requests, last);
  return null;
}

/** A second process of the same instance takes part in its seat. */
async function share(
  { device, site, requests }: CopyPlan,
  { answer: { session } }: Held,
): Promise<Held | null> {
  const wish = { instance: session.instanceKey, device, holder: secondHolder };
  const learned = await requests.ask(acquireOf(site, wish));
  if (learned.kind !== 'yes' || learned.answer === null) return null;
  const held = { answer: learned.answer, holder: secondHolder };
  if (learned.answer.session.status === 'active') return held;
  // The seat was taken away meanwhile.
  await giveBack(requests, held);
  return null;
}

/** @returns those that were not refused. */
async function beat(requests: Requests, holders: readonly Held[]): Promise<Held[]> {
  const kept: Held[] = [];
  for (const held of holders) {
    const { kind } = await requests.ask(beatOf(held));
    if (kind !== 'no') kept.push(held);
  }
  return kept;
}

/** Three tries; after that the lease has to do it. */
export async function giveBack(requests: Requests, held: Held | undefined): Promise<void> {
  if (held === undefined) return;
  let learned: Learned | undefined;
  for (let tries = 0; tries < 3 && learned?.kind !== 'yes'; tries += 1) {
    learned = await requests.ask(releaseOf(held));
  }
}
