/** Who may have kept others from a seat, and when. Whatever is not known for certain counts. */
import { fullPeriods, overlapsAny, touches } from './periods.ts';
import { seatSettings, settledAt, tailMs } from './settings.ts';
import { takenOut } from './files.ts';
import { calmAfter, isDisturbed, ledgerSlackMs } from './story.ts';
import type { LedgerRow, Op, Period, Story } from './story.ts';

type Presence = Period & { instance: string };

/** A pool as its refused clients may have met it. */
export interface Crowd {
  /** Whether all seats may have been in use, or somebody may have waited, but for the client itself. */
  keptOut: (refused: Op) => boolean;
}

export function crowdOf(story: Story, licenseId: string): Crowd {
  const rows = story.ledger.filter((row) => row.licenseId === licenseId);
  const ops = story.ops.filter((op) => op.licenseId === licenseId);
  const acquires = ops.filter((op) => op.deed === 'acquire');
  const freed = freedBy(story, ops);
  const seated = [
    ...[...acquires.flatMap((op) => asking(story, op)), ...rows.flatMap(held)],
    ...takenOut(ops).map((period) => ({ ...period, instance: period.device })),
  ];
  const waiting = [
    ...acquires.filter(isToWait).flatMap((op) => asking(story, op)),
    ...rows.flatMap(stood),
  ];
  const limits = seatSettings(story, licenseId);
  const [seats, places] = [onceEach(seated), onceEach(waiting)];

  function held(row: LedgerRow): Presence[] {
    if (row.grantedAt === null) return [];
    return [{ instance: row.instance, from: row.createdAt, to: freed(row) }];
  }
  // A row that was opened before it was granted stood in line.
  function stood(row: LedgerRow): Presence[] {
    const { instance, createdAt: from, grantedAt } = row;
    if (grantedAt !== null && grantedAt <= from) return [];
    return [{ instance, from, to: grantedAt === null ? freed(row) : grantedAt + ledgerSlackMs }];
  }
  return {
    keptOut({ instance, invokedAt: from, doneAt: to }) {
      const window = { from, to };
      const others = (all: readonly Presence[]) =>
        all.filter((each) => each.instance !== instance && touches(each, window));
      const fewest = Math.min(
        ...limits.filter((limit) => touches(limit, window)).map(({ value }) => value),
      );
      return others(places).length > 0 || overlapsAny(fullPeriods(others(seats), fewest), window);
    },
  };
}

/** An instance has one seat or place at a time, however many requests and rows tell of it. */
function onceEach(presences: readonly Presence[]): Presence[] {
  return [...Map.groupBy(presences, ({ instance }) => instance)].flatMap(([instance, own]) =>
    fullPeriods(own, 1).map((period) => ({ ...period, instance })),
  );
}

function isToWait({ wait, outcome, status }: Op): boolean {
  return wait === true && (outcome !== 'ok' || status === 'queued');
}

/** While a request for a seat may have one that the ledger does not show. */
function asking(story: Story, op: Op): Presence[] {
  const { instance, outcome, invokedAt: from, doneAt: to } = op;
  // It was given nothing; only what could not be recorded was given for a moment before that.
  if (outcome === 'fail' && !isUnsettled(story, op)) return [];
  return [{ instance, from, to: outcome === 'fail' ? to : settledAt(story, op) }];
}

/** Whether a grant may have been undone within a deed: the pool was rebuilt, or its license changed. */
function isUnsettled(story: Story, { licenseId, invokedAt: from, doneAt: to }: Op): boolean {
  return (
    isDisturbed(story, { from, to }) ||
    story.changes.some(
      (change) =>
        change.licenseId === licenseId &&
        touches({ from: change.invokedAt, to: settledAt(story, change) }, { from, to }),
    )
  );
}

/** Rows that end like this do so after their seat was free in Redis. */
const freeFirst: ReadonlySet<string | null> = new Set([
  'lapsed',
  'superseded',
  'offer_expired',
  'queue_timeout',
]);

/** When the seat of a row was surely free; where something was broken, a lease later than it should. */
function freedBy(story: Story, ops: readonly Op[]): (row: LedgerRow) => number {
  const answered = ops.filter(({ outcome }) => outcome === 'ok');
  // A release that leaves others with the session frees nothing, whatever ends it a moment later.
  const endings = (id: string, endReason: string | null) =>
    answered.filter(({ deed, session }) => {
      if (deed === 'suspend') return endReason === 'license_suspended';
      return session === id && deed === (endReason === 'forced' ? 'force' : 'release');
    });
  return ({ id, endedAt, endReason }) => {
    if (endedAt === null) return Infinity;
    const ending = endings(id, endReason)
      .filter(({ doneAt }) => doneAt >= endedAt - ledgerSlackMs)
      .toSorted((one, other) => one.doneAt - other.doneAt)[0];
    const freeAt = freeFirst.has(endReason) ? endedAt + ledgerSlackMs : ending?.doneAt;
    // A rebuilt pool keeps the seat for holders that it may have forgotten, for one lease.
    if (
      freeAt !== undefined &&
      !isDisturbed(story, { from: endedAt - story.leaseMs, to: freeAt })
    ) {
      return freeAt;
    }
    return calmAfter(story, endedAt) + story.leaseMs + tailMs;
  };
}
