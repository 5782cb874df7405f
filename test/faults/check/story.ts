/** What the checker is given, and the same with every deed's beginning and end put together. */
import type { HistoryEvent } from '../history.ts';

/** A row of the ledger, its times on the monotonic clock. */
export interface LedgerRow {
  id: string;
  tenantId: string;
  licenseId: string;
  instance: string;
  createdAt: number;
  grantedAt: number | null;
  endedAt: number | null;
  endReason: string | null;
  /** Its events in the license's history, as `seat.acquired`. */
  events: readonly string[];
}

/** One license of the fleet, and what Redis holds for it when all is over. */
export interface PoolFacts {
  licenseId: string;
  tenantId: string;
  seats: number;
  /** Devices that may go on offline beyond the seats. */
  offlineAllowance: number;
  /** Sessions that Redis holds a seat or a place for; null when it holds no such pool. */
  held: readonly string[] | null;
  /** Sessions that Redis dropped and that the ledger has not acknowledged. */
  owed: readonly string[];
}

/** A run of the fleet, after everybody left and the sweeps have run. */
export interface Run {
  leaseMs: number;
  /** A waiter that does not ask for this long is gone. */
  livenessMs: number;
  offerMs: number;
  queueWaitMs: number;
  /** How long this machine kept a process that was ready to run waiting, at worst. */
  machineMs: number;
  pools: readonly PoolFacts[];
  /** In the order of time. */
  events: readonly HistoryEvent[];
  ledger: readonly LedgerRow[];
  /** Messages that no workflow has received. */
  undelivered: number;
}

/** A promise that was broken. */
export interface Violation {
  /**
   * `I1` to `I11`; `denial`: a conclusive no whose cause the ledger lacks; `answer`: a fault that
   * nothing explains.
   */
  rule: string;
  at: number;
  text: string;
}

/** One deed from its beginning to its end. */
export interface Op extends Omit<HistoryEvent, 'at' | 'phase'> {
  invokedAt: number;
  /** When its outcome was known; the end of the history for one that never was. */
  doneAt: number;
  outcome: 'ok' | 'fail' | 'info';
}

export interface Period {
  from: number;
  to: number;
}

export interface Story extends Run {
  /** In the order of their beginnings. */
  ops: readonly Op[];
  /** In the order of their ends. */
  ended: readonly Op[];
  /** Those of what clients may hear of. */
  faults: readonly Period[];
  /** What an operator did to a license, and what license files did to its pool. */
  changes: readonly Op[];
  endsAt: number;
}

/** Times of the ledger are this close to those of the history. */
export const ledgerSlackMs = 50;

/** What one deed's end may come after a fault that was going on meanwhile. */
const afterFaultMs = 1_000;

/** What makes the pool of a license another one, so that a grant is not recorded that was made before. */
const changing: ReadonlySet<string> = new Set([
  ...['seats', 'suspend', 'reinstate'],
  ...['check-out', 'check-in'],
]);

/** No client waits for Cloud KMS, so its faults excuse nothing. */
function isUnnoticed(fault: string): boolean {
  return fault.startsWith('kms-');
}

/** Pairs beginnings and ends. A deed without an end is one whose outcome nobody knows. */
export function tell(run: Run): Story {
  const endsAt = run.events.at(-1)?.at ?? 0;
  const open = new Map<string, Op>();
  const ops: Op[] = [];
  for (const { at, phase, ...event } of run.events) {
    const key = `${event.client}#${String(event.op)}`;
    if (phase === 'invoke') {
      const op: Op = { ...event, invokedAt: at, doneAt: endsAt, outcome: 'info' };
      open.set(key, op);
      ops.push(op);
    } else {
      const op = open.get(key);
      open.delete(key);
      if (op !== undefined) Object.assign(op, event, { doneAt: at, outcome: phase });
    }
  }
  const faults = ops
    .filter(({ deed, fault = '' }) => deed === 'fault' && !isUnnoticed(fault))
    .map(({ invokedAt, doneAt }) => ({ from: invokedAt, to: doneAt + afterFaultMs }));
  const ended = ops.toSorted((one, other) => one.doneAt - other.doneAt);
  const changes = ops.filter(({ deed }) => changing.has(deed));
  return { ...run, ops, ended, faults, changes, endsAt };
}

/** Whether a takeover that was refused in the end had ended its victim, for a grant that got lost. */
export function hasTaken({ invokedAt, doneAt }: Op, victim: LedgerRow | undefined): boolean {
  if (victim?.endReason !== 'superseded' || victim.endedAt === null) return false;
  const { endedAt } = victim;
  return invokedAt <= endedAt + ledgerSlackMs && endedAt <= doneAt + ledgerSlackMs;
}

/** Whether any fault was going on within a period. */
export function isDisturbed({ faults }: Story, { from, to }: Period): boolean {
  return faults.some((fault) => fault.from <= to && fault.to >= from);
}

/** The end of the faults that were going on at an instant, or the instant. */
export function calmAfter({ faults }: Story, at: number): number {
  let calm = at;
  // In the order of their beginnings, so that one that overlaps the next carries on.
  for (const { from, to } of faults) if (from <= calm && to > calm) calm = to;
  return calm;
}
