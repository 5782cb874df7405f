import { addCounts, type Counts } from '../domain/counts.ts';

/** The kinds of difference that a sweep looks for. */
export const driftKinds = [
  /** A session that ran out in Redis for longer than a settling time, and nobody told the ledger. */
  'unnoticed_lapse',
  /** An open row whose session Redis does not know. */
  'row_without_seat',
  /** A session in Redis whose row has ended. */
  'seat_without_row',
  /** A session in Redis that never had a row. */
  'seat_never_recorded',
  /** A pool with open rows that Redis had lost. */
  'pool_lost',
  /** A pool that Redis held as of another epoch than the ledger's. */
  'pool_outdated',
  /** An open session whose workflow does not exist, or has closed. */
  'workflow_lost',
  /** A pool that could not be compared. */
  'pool_failed',
] as const;
type DriftKind = (typeof driftKinds)[number];

/** What a sweep found and put right, by kind, and counted; the next one meets again what it left. */
export interface Tally {
  found: Counts;
  repaired: Counts;
  /** What the pools hold, added up: held, limit, waiting and rights. */
  totals: Counts;
}

export const emptyTally: Tally = { found: {}, repaired: {}, totals: {} };

export function addTallies(one: Tally, other: Tally): Tally {
  return {
    found: addCounts(one.found, other.found),
    repaired: addCounts(one.repaired, other.repaired),
    totals: addCounts(one.totals, other.totals),
  };
}

/** So many of a kind were found, and so many of them put right: all unless told otherwise. */
export function tallyOf(kind: DriftKind, found: number, repaired = found): Tally {
  if (found === 0) return emptyTally;
  return {
    ...emptyTally,
    found: { [kind]: found },
    repaired: repaired === 0 ? {} : { [kind]: repaired },
  };
}
