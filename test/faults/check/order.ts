/** I5 and I7: what comes before what. */
import type { Fence } from '../../../domain/seat.ts';
import type { Op, Story, Violation } from './story.ts';

function isGrant(op: Op): op is Op & { session: string; fence: Fence } {
  return (
    op.deed === 'acquire' &&
    op.outcome === 'ok' &&
    op.isGrant === true &&
    op.session !== undefined &&
    op.fence !== undefined
  );
}

function isAbove(one: Fence, other: Fence): boolean {
  return one.epoch === other.epoch ? one.counter > other.counter : one.epoch > other.epoch;
}

/**
 * I5: the fence of each grant is above those of all grants that were over before it was asked for, and
 * no two sessions have the same.
 */
export function checkFences(story: Story): Violation[] {
  return story.pools.flatMap(({ licenseId }) => {
    const ended = story.ended.filter(isGrant).filter((op) => op.licenseId === licenseId);
    const begun = ended.toSorted((one, other) => one.invokedAt - other.invokedAt);
    const owners = new Map<string, string>();
    const violations: Violation[] = [];
    let highest: Fence = { epoch: 0, counter: 0 };
    let over = 0;
    for (const { session, fence, invokedAt, doneAt } of begun) {
      for (; (ended[over]?.doneAt ?? Infinity) < invokedAt; over += 1) {
        const earlier = ended[over]?.fence ?? highest;
        if (isAbove(earlier, highest)) highest = earlier;
      }
      const name = `${String(fence.epoch)}:${String(fence.counter)}`;
      const owner = owners.get(name);
      owners.set(name, session);
      const isRepeated = owner !== undefined && owner !== session;
      if (!isRepeated && isAbove(fence, highest)) continue;
      const text = `the fence ${name} of ${session} does not rise above ${isRepeated ? `that of ${owner}` : `${String(highest.epoch)}:${String(highest.counter)}`}`;
      violations.push({ rule: 'I5', at: doneAt, text });
    }
    return violations;
  });
}

/**
 * I7: nobody who stood in line after a waiter, or did not wait at all, is granted a seat while that
 * waiter shows up and is still told to wait. Judged until the number of seats is changed: then a waiter
 * whose offer is withdrawn goes back to its place.
 */
export function checkQueueOrder(story: Story): Violation[] {
  return story.pools.flatMap(({ licenseId }) => {
    const until = story.changes.find(
      (op) => op.licenseId === licenseId && op.deed === 'seats',
    )?.invokedAt;
    const own = story.ended.filter(
      (op) => op.licenseId === licenseId && op.doneAt < (until ?? Infinity),
    );
    const askedAt = firstAskedAt(story.ops.filter((op) => op.licenseId === licenseId));
    const places = placesOf(own, askedAt);
    const grants = own
      .filter(isGrant)
      .map((op) => ({ ...op, orderAt: places.get(op.session)?.askedAt ?? askedAt(op) }))
      .toSorted((one, other) => one.orderAt - other.orderAt);
    const waiters = [...places.values()].toSorted((one, other) => one.since - other.since);
    const violations: Violation[] = [];
    let longest = { session: '', seenAt: -Infinity };
    let next = 0;
    for (const grant of grants) {
      for (; (waiters[next]?.since ?? Infinity) < grant.orderAt; next += 1) {
        const waiter = waiters[next] ?? longest;
        if (waiter.seenAt > longest.seenAt) longest = waiter;
      }
      if (longest.seenAt <= grant.doneAt) continue;
      const text = `${grant.session} was granted although ${longest.session} stood before it and waited on`;
      violations.push({ rule: 'I7', at: grant.doneAt, text });
    }
    return violations;
  });
}

interface Place {
  session: string;
  /** When it was first about to ask for its place, and when it knew of it. */
  askedAt: number;
  since: number;
  /** The beginning of the last question that was answered with `queued`. */
  seenAt: number;
}

/**
 * Since when a deed may have had its place: an instance that got no answer and asks again may stand
 * where its first question put it.
 */
function firstAskedAt(ops: readonly Op[]): (op: Op) => number {
  const firsts = new Map<Op, number>();
  const unanswered = new Map<string, number>();
  for (const op of ops) {
    if (op.deed !== 'acquire') continue;
    const first = unanswered.get(op.instance) ?? op.invokedAt;
    firsts.set(op, first);
    if (op.outcome === 'info') unanswered.set(op.instance, first);
    else unanswered.delete(op.instance);
  }
  return (op) => firsts.get(op) ?? op.invokedAt;
}

function placesOf(ended: readonly Op[], askedAt: (op: Op) => number): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const op of ended) {
    const { session, status, outcome, invokedAt, doneAt } = op;
    if (outcome !== 'ok' || status !== 'queued' || session === undefined) continue;
    const place = places.get(session);
    if (place === undefined) {
      places.set(session, { session, askedAt: askedAt(op), since: doneAt, seenAt: invokedAt });
    } else {
      place.seenAt = Math.max(place.seenAt, invokedAt);
    }
  }
  return places;
}
