/** What a client was told of a session, held against what was done to it. */
import { settledAt } from './settings.ts';
import { hasTaken, isDisturbed, type LedgerRow, type Op, type Story } from './story.ts';

const clockSlackMs = 50;
/** What took a seat has its end in the ledger this soon, on a machine that keeps nobody waiting. */
const endSlackMs = 5;

/** Each tells what is wrong with a no, or null when it has its cause. */
export interface Causes {
  /** Of a session's end. */
  ofEnd: (op: Op) => string | null;
  /** Of a takeover that was refused although no seat was free. */
  ofRefusal: (op: Op) => string | null;
  /** Of neither a seat nor a place in the queue. */
  ofNoPlace: (op: Op) => string | null;
}

interface Facts {
  story: Story;
  rows: Map<string, LedgerRow>;
  bySession: Map<string | undefined, Op[]>;
  byInstance: Map<string, Op[]>;
  keptOut: (op: Op) => boolean;
}

/** @param keptOut whether others may have kept the client of a deed from a seat meanwhile. */
export function causesOf(story: Story, keptOut: (op: Op) => boolean): Causes {
  const { ledger, ops } = story;
  const facts: Facts = {
    ...{ story, keptOut },
    rows: new Map(ledger.map((row) => [row.id, row])),
    bySession: Map.groupBy(ops, ({ session }) => session),
    byInstance: Map.groupBy(ops, ({ licenseId, instance }) => `${licenseId} ${instance}`),
  };
  return {
    ofEnd: (op) => faultOfEnd(facts, op),
    ofRefusal: ({ reason, takeover = '' }) => {
      // Its client names sessions of its own device only.
      if (reason === 'not_own') return 'although the session is its own';
      if (reason !== 'ended' || facts.rows.get(takeover)?.endedAt !== null) return null;
      return `although ${takeover} has not ended`;
    },
    // No queue of a fleet is ever full.
    ofNoPlace: ({ wait }) => (wait === true ? 'although it was willing to wait' : null),
  };
}

/** Why the end that a client was told of cannot be, or null. */
function faultOfEnd(facts: Facts, op: Op): string | null {
  const row = op.session === undefined ? undefined : facts.rows.get(op.session);
  if (row === undefined) return 'of which the ledger knows nothing';
  if (row.endedAt === null) return 'but the ledger never ended it';
  const all = (facts.bySession.get(op.session) ?? []).filter(
    ({ invokedAt }) => invokedAt < op.doneAt,
  );
  switch (op.reason) {
    case 'lapsed':
      return faultOfLapse(facts, {
        op,
        row,
        own: all.filter(({ holder }) => holder === op.holder),
      });
    case 'released':
      return faultOfRelease(facts.story, op, all);
    case 'forced':
      return all.some(({ deed }) => deed === 'force') ? null : 'but nobody forced it';
    case 'superseded':
      return isSuperseded(facts, op, { all, row })
        ? null
        : 'but its instance asked for no other since';
    case 'license_suspended':
      return isSuspended(facts.story, op, row) ? null : 'but nobody suspended its license';
    case 'offer_expired':
      return op.doneAt - row.createdAt < facts.story.offerMs ? 'before an offer can expire' : null;
    case 'queue_timeout':
      return op.doneAt - row.createdAt < facts.story.queueWaitMs ? 'before the longest wait' : null;
    default:
      return 'which nothing explains';
  }
}

/**
 * A lease that is over goes on with a late beat while a seat is free and nobody waits: only what
 * another's request or the session's own workflow has taken meanwhile is lost.
 */
function faultOfLapse(
  { story, keptOut }: Facts,
  { op, row, own }: { op: Op; row: LedgerRow; own: readonly Op[] },
): string | null {
  const from = keptUntil(story, own, op);
  if (from > op.doneAt + clockSlackMs) return 'before its time was over';
  const isSeat = op.deed === 'renew' && own.some(({ status }) => status === 'active');
  const isTaken = (row.endedAt ?? Infinity) <= op.doneAt + endSlackMs + story.machineMs;
  if (!isSeat || isTaken || keptOut(op)) return null;
  if (isDisturbed(story, { from: from - story.leaseMs, to: op.doneAt })) return null;
  const isAlone = !story.ops.some(
    (other) =>
      other.session !== op.session &&
      other.licenseId === op.licenseId &&
      other.invokedAt < op.doneAt &&
      settledAt(story, other) > from,
  );
  return isAlone ? 'although a late beat keeps a seat that nobody else wants' : null;
}

/** A session is released when its last holder leaves, or the last whose own lease is not over. */
function faultOfRelease(story: Story, op: Op, all: readonly Op[]): string | null {
  const releases = all.filter(({ deed }) => deed === 'release');
  if (releases.length === 0) return 'but nobody released it';
  if (releases.some(({ holder }) => holder === op.holder)) return null;
  const own = all.filter(({ holder }) => holder === op.holder);
  return keptUntil(story, own, op) > op.doneAt + clockSlackMs ? 'although it shares it' : null;
}

/** Its instance asked for another since it was told of this one, or another instance took it over. */
function isSuperseded(
  { byInstance, story }: Facts,
  op: Op,
  { all, row }: { all: readonly Op[]; row: LedgerRow },
): boolean {
  const toldAt = Math.min(
    ...all.flatMap(({ outcome, status, doneAt }) =>
      outcome === 'ok' && status !== 'ended' ? [doneAt] : [],
    ),
  );
  const isLater = ({ deed, session, outcome, invokedAt }: Op) =>
    deed === 'acquire' &&
    outcome !== 'fail' &&
    session !== op.session &&
    invokedAt < op.doneAt &&
    invokedAt >= toldAt;
  const isTakeover = (other: Op) =>
    other.takeover === op.session &&
    other.invokedAt < op.doneAt &&
    (other.outcome !== 'fail' || hasTaken(other, row));
  return (
    (byInstance.get(`${op.licenseId} ${op.instance}`) ?? []).some(isLater) ||
    story.ops.some(isTakeover)
  );
}

function isSuspended(story: Story, op: Op, { createdAt }: LedgerRow): boolean {
  return story.changes.some(
    (change) =>
      change.deed === 'suspend' &&
      change.licenseId === op.licenseId &&
      change.invokedAt < op.doneAt &&
      createdAt <= settledAt(story, change) + clockSlackMs,
  );
}

/** Until when the holder has a yes for its session. */
function keptUntil({ livenessMs }: Story, own: readonly Op[], refused: Op): number {
  let until = -Infinity;
  for (const { outcome, status, leaseUntil, invokedAt, doneAt } of own) {
    if (outcome !== 'ok' || doneAt > refused.invokedAt) continue;
    if (leaseUntil !== undefined) until = Math.max(until, leaseUntil);
    else if (status === 'queued') until = Math.max(until, invokedAt + livenessMs);
  }
  return until;
}
