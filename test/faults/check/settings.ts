/** What an operator changes, and when which value of it may have been in force. */
import { calmAfter, type Op, type Period, type PoolFacts, type Story } from './story.ts';

/** What is undone or carried out late may take this much longer than it should. */
export const tailMs = 2_000;

/** Until when a deed may still take effect; one without an answer may for a lease after the faults. */
export function settledAt(story: Story, { outcome, doneAt }: Op): number {
  if (outcome !== 'info') return doneAt;
  return calmAfter(story, doneAt) + story.leaseMs + tailMs;
}

/** A value that may have been in force for a while. */
interface Setting<Value> extends Period {
  value: Value;
}

/** How many seats a license may have had, and when. */
export function seatSettings(story: Story, licenseId: string): Setting<number>[] {
  const first = story.pools.find((pool) => pool.licenseId === licenseId)?.seats ?? 0;
  return settings(story, { licenseId, first, read: readSeats });
}

function readSeats({ deed, seats = 0 }: Op): number | null {
  return deed === 'seats' ? seats : null;
}

/** When a license may have been suspended. */
export function suspendedPeriods(story: Story, licenseId: string): Period[] {
  const read = ({ deed }: Op) =>
    deed === 'suspend' || deed === 'reinstate' ? deed === 'suspend' : null;
  return settings(story, { licenseId, first: false, read }).filter(({ value }) => value);
}

/** Each from the beginning of its change until one that began after that had settled was answered. */
function settings<Value>(
  story: Story,
  about: { licenseId: string; first: Value; read: (op: Op) => Value | null },
): Setting<Value>[] {
  const changes = story.ops.flatMap((op) => {
    if (op.licenseId !== about.licenseId || op.outcome === 'fail') return [];
    const value = about.read(op);
    return value === null ? [] : [{ op, value }];
  });
  const endOf = (since: number) =>
    changes.find(({ op }) => op.outcome === 'ok' && op.invokedAt >= since)?.op.doneAt ?? Infinity;
  return [
    { value: about.first, from: -Infinity, to: endOf(-Infinity) },
    ...changes.map(({ op, value }) => ({
      ...{ value, from: op.invokedAt, to: endOf(settledAt(story, op)) },
    })),
  ];
}

/** The most seats that a license may have had within a period. */
export function mostSeats(story: Story, pool: PoolFacts): (from: number, to: number) => number {
  const changes = story.ops.filter(
    ({ deed, licenseId, outcome }) =>
      deed === 'seats' && licenseId === pool.licenseId && outcome !== 'fail',
  );
  return (from, to) => {
    let present = pool.seats;
    let most = 0;
    for (const { invokedAt, doneAt, outcome, seats = 0 } of changes) {
      if (outcome === 'ok' && doneAt < from) present = seats;
      else if (invokedAt <= to) most = Math.max(most, seats);
    }
    return Math.max(present, most);
  };
}
