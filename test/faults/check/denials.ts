/**
 * I6 and wrong denials: for each conclusive no, whether the ledger has its cause. Whatever is not known
 * for certain (deeds without an answer, faults that were going on) speaks for the server.
 */
import { fullPeriods, overlapsAny } from './periods.ts';
import { calmAfter, isDisturbed, type LedgerRow, type Op, type Story } from './story.ts';
import type { Period, Violation } from './story.ts';

/** Freeing a seat, or undoing a grant, may take this much longer than it should. */
const tailMs = 2_000;
const clockSlackMs = 50;

/** Every no of the whole history. */
export function checkDenials(story: Story): Violation[] {
  const crowded = new Map(
    story.pools.map(({ licenseId }) => [licenseId, crowdedPeriods(story, licenseId)]),
  );
  const facts = factsOf(story);
  return story.ended.flatMap((op) => {
    if (op.outcome !== 'fail' && op.status !== 'ended') return [];
    switch (op.code ?? 'session_ended') {
      case 'no_seats_available': {
        const window = { from: op.invokedAt, to: op.doneAt };
        if (overlapsAny(crowded.get(op.licenseId) ?? [], window)) return [];
        return [{ ...denial(op, 'while a seat was free and nobody waited'), rule: 'I6' }];
      }
      case 'session_ended': {
        const fault = faultOfEnd(story, facts, op);
        return fault === null ? [] : [denial(op, fault)];
      }
      default:
        return [denial(op, 'which nothing explains')];
    }
  });
}

function denial({ doneAt, client, deed, code, reason, session }: Op, why: string): Violation {
  const word = [code ?? 'session_ended', reason].filter((part) => part !== undefined).join(' ');
  const text = `${client} was told ${word} to ${deed} ${session ?? 'a seat'} ${why}`;
  return { rule: 'denial', at: doneAt, text };
}

/** When all seats may have been in use, or somebody may have waited. */
function crowdedPeriods(story: Story, licenseId: string): Period[] {
  const seats = Math.min(
    ...story.pools.filter((pool) => pool.licenseId === licenseId).map((pool) => pool.seats),
    ...story.ops.flatMap((op) =>
      op.deed === 'seats' && op.licenseId === licenseId ? [op.seats ?? 0] : [],
    ),
  );
  const rows = story.ledger.filter((row) => row.licenseId === licenseId);
  const acquires = story.ops.filter((op) => op.deed === 'acquire' && op.licenseId === licenseId);
  const released = new Map(
    story.ops.flatMap((op) =>
      op.deed === 'release' && op.session !== undefined ? [[op.session, op]] : [],
    ),
  );
  const asked = acquires.map((op) => ({ from: op.invokedAt, to: unsettledUntil(story, op) }));
  const held = rows.flatMap((row) => {
    if (row.grantedAt === null) return [];
    return [{ from: row.createdAt, to: gone(story, row, released.get(row.id)) }];
  });
  const waiting = [
    ...rows.flatMap((row) =>
      isWaiter(row) ? [{ from: row.createdAt, to: gone(story, row, undefined) }] : [],
    ),
    ...acquires.flatMap((op) =>
      op.wait === true ? [{ from: op.invokedAt, to: unsettledUntil(story, op) }] : [],
    ),
  ];
  return fullPeriods([...fullPeriods([...asked, ...held], seats), ...fullPeriods(waiting, 1)], 1);
}

/** A row that was opened before it was granted stood in line. */
function isWaiter({ createdAt, grantedAt }: LedgerRow): boolean {
  return grantedAt === null || grantedAt > createdAt;
}

/** Until when a request for a seat may have one that the ledger does not show. */
function unsettledUntil(story: Story, op: Op): number {
  if (op.outcome !== 'info') return op.doneAt;
  return calmAfter(story, op.doneAt) + story.leaseMs + tailMs;
}

/** When a seat was surely free: at once after an answered release, else a lease after its row's end. */
function gone(story: Story, row: LedgerRow, release: Op | undefined): number {
  if (row.endedAt === null) return Infinity;
  if (release?.outcome === 'ok') {
    // A rebuilt pool keeps the seat for holders that it may have forgotten, for one lease.
    const window = { from: release.invokedAt - story.leaseMs, to: release.doneAt };
    if (!isDisturbed(story, window)) return release.doneAt;
  }
  return calmAfter(story, row.endedAt) + story.leaseMs + tailMs;
}

interface Facts {
  rows: Map<string, LedgerRow>;
  bySession: Map<string | undefined, Op[]>;
  byInstance: Map<string, Op[]>;
}

function factsOf({ ledger, ops }: Story): Facts {
  return {
    rows: new Map(ledger.map((row) => [row.id, row])),
    bySession: Map.groupBy(ops, ({ session }) => session),
    byInstance: Map.groupBy(ops, ({ licenseId, instance }) => `${licenseId} ${instance}`),
  };
}

/** Why the end that a client was told of cannot be, or null. */
function faultOfEnd(story: Story, { rows, bySession, byInstance }: Facts, op: Op): string | null {
  const row = op.session === undefined ? undefined : rows.get(op.session);
  if (row === undefined) return 'of which the ledger knows nothing';
  if (row.endedAt === null) return 'but the ledger never ended it';
  const own = (bySession.get(op.session) ?? []).filter(({ invokedAt }) => invokedAt < op.doneAt);
  switch (op.reason) {
    case 'lapsed':
      return keptUntil(story, own, op) > op.doneAt + clockSlackMs
        ? 'before its time was over'
        : null;
    case 'released':
      return own.some(({ deed }) => deed === 'release') ? null : 'but nobody released it';
    case 'forced':
      return own.some(({ deed }) => deed === 'force') ? null : 'but nobody forced it';
    case 'superseded': {
      const others = byInstance.get(`${op.licenseId} ${op.instance}`) ?? [];
      const isPossible = others.some(
        ({ deed, session, invokedAt }) =>
          deed === 'acquire' && session !== op.session && invokedAt < op.doneAt,
      );
      return isPossible ? null : 'but its instance asked for no other';
    }
    case 'offer_expired':
      return op.doneAt - row.createdAt < story.offerMs ? 'before an offer can expire' : null;
    case 'queue_timeout':
      return op.doneAt - row.createdAt < story.queueWaitMs ? 'before the longest wait' : null;
    default:
      return 'which nothing explains';
  }
}

/** Until when the session's client has a yes for it. */
function keptUntil({ livenessMs }: Story, own: readonly Op[], refused: Op): number {
  let until = -Infinity;
  for (const { outcome, status, leaseUntil, invokedAt, doneAt } of own) {
    if (outcome !== 'ok' || doneAt > refused.invokedAt) continue;
    if (leaseUntil !== undefined) until = Math.max(until, leaseUntil);
    else if (status === 'queued') until = Math.max(until, invokedAt + livenessMs);
  }
  return until;
}
