/** I1, I4: how many hold at a time. One pass over beginnings and ends, in the order of time. */
import { fileHoldsOf } from './files.ts';
import { holdsOf, type Hold } from './holds.ts';
import { changesOf, fullPeriods } from './periods.ts';
import { mostSeats } from './settings.ts';
import { isDisturbed, type Story, type Violation } from './story.ts';

/**
 * I1: whenever a hold begins, no more are surely held, by sessions and by license files, than there are seats. Seats that were taken away
 * from the license stop new grants only, so what is no grant is held against the most that there were.
 */
export function checkLimit(story: Story): Violation[] {
  return story.pools.flatMap((pool) => {
    const limitAt = mostSeats(story, pool);
    const holds = [...holdsOf(story), ...fileHoldsOf(story)].filter(
      ({ licenseId }) => licenseId === pool.licenseId,
    );
    let held = 0;
    return changesOf(holds).flatMap(({ at, by, item }) => {
      held += by;
      if (by === -1) return [];
      const limit = limitAt(item.by.isGrant === true ? item.by.invokedAt : -Infinity, at);
      if (held <= limit) return [];
      const text = `${String(held)} hold a seat of ${pool.licenseId}, which has ${String(limit)}: ${item.session} is one too many`;
      return [{ rule: 'I1', at, text }];
    });
  });
}

/**
 * I1, by the ledger: what is open in it is what a rebuilt pool gives back, so no more than there are
 * seats is open for longer than the machine may keep a process waiting. Times of transactions that a fault held up tell nothing.
 */
export function checkRecords(story: Story): Violation[] {
  return story.pools.flatMap((pool) => {
    const most = mostSeats(story, pool)(-Infinity, Infinity);
    const granted = story.ledger.flatMap(({ licenseId, grantedAt: from, endedAt }) =>
      licenseId !== pool.licenseId || from === null ? [] : [{ from, to: endedAt ?? Infinity }],
    );
    return fullPeriods(granted, most + 1).flatMap(({ from, to }) => {
      if (to - from <= story.machineMs || isDisturbed(story, { from, to })) return [];
      const text = `the ledger has more than ${String(most)} seats of ${pool.licenseId} open`;
      return [{ rule: 'I1', at: from, text }];
    });
  });
}

/** I4: an instance never holds two sessions at a time. */
export function checkOneSeatEach(story: Story): Violation[] {
  const held = new Map<string, Map<string, Hold>>();
  return changesOf(holdsOf(story)).flatMap(({ at, by, item }) => {
    const key = `${item.licenseId} ${item.instance}`;
    const own = held.get(key) ?? new Map<string, Hold>();
    held.set(key, own);
    if (by === -1) own.delete(item.session);
    else own.set(item.session, item);
    if (by === -1 || own.size < 2) return [];
    const text = `${item.instance} holds ${[...own.keys()].join(' and ')} at a time`;
    return [{ rule: 'I4', at, text }];
  });
}
