/** I3, I8, I9: what the ledger says of each session, held against what its client was told. */
import { isDisturbed, type LedgerRow, type Op, type Story, type Violation } from './story.ts';

const endEvents =
  /^(seat\.(released|forced|withdrawn|superseded)|lease\.lapsed|offer\.expired|queue\.)/;
/** A seat that nobody keeps is free this much after its lease. */
const lapseSlackMs = 5_000;
/** What a dead relay had claimed, or one that lost Postgres's answer, starts its workflow only then. */
const claimMs = 15_000;
const cleanStopMs = 1_000;

/** I3: each session that a client was told of is in the ledger, with one grant and one end. */
export function checkEnds({ ended, ledger, endsAt }: Story): Violation[] {
  const rows = new Map(ledger.map((row) => [row.id, row]));
  const told = ended.flatMap(({ session, status, outcome, doneAt }) => {
    if (session === undefined || outcome !== 'ok' || status === 'ended') return [];
    const row = rows.get(session);
    const isKept = status === 'active' ? row?.grantedAt != null : row !== undefined;
    if (isKept) return [];
    return [{ rule: 'I3', at: doneAt, text: `the ledger has no ${String(status)} ${session}` }];
  });
  const counted = ledger.flatMap((row) => {
    const grants = row.events.filter((event) => event === 'seat.acquired').length;
    const ends = row.events.filter((event) => endEvents.test(event)).length;
    if (grants === (row.grantedAt === null ? 0 : 1) && ends === 1 && row.endedAt !== null)
      return [];
    const text = `${row.id} has ${String(grants)} grants and ${String(ends)} ends`;
    return [{ rule: 'I3', at: row.endedAt ?? endsAt, text }];
  });
  return [...told, ...counted];
}

/** I8: a session that a client was told of is one of its own license and instance. */
export function checkTenants({ ended, ledger, pools }: Story): Violation[] {
  const rows = new Map(ledger.map((row) => [row.id, row]));
  const tenants = new Map(pools.map(({ licenseId, tenantId }) => [licenseId, tenantId]));
  return ended.flatMap(({ session, outcome, licenseId, instance, doneAt, deed }) => {
    const row = session === undefined ? undefined : rows.get(session);
    if (row === undefined || outcome !== 'ok' || deed === 'force') return [];
    const isOwn = row.licenseId === licenseId && row.tenantId === tenants.get(licenseId);
    if (isOwn && row.instance === instance) return [];
    const text = `${instance} of ${licenseId} was told of ${row.id}, which is ${row.instance} of ${row.licenseId}`;
    return [{ rule: 'I8', at: doneAt, text }];
  });
}

/**
 * I9: a session that was given back while nothing was or just had been broken has ended within a
 * second; one that nobody keeps has ended five seconds after its lease, or after the lease that a rebuilt pool gave it.
 */
export function checkStops(story: Story): Violation[] {
  const opsOf = Map.groupBy(
    story.ops.filter(({ session }) => session !== undefined),
    ({ session }) => session,
  );
  const unknown = Map.groupBy(
    story.ops.filter(({ session, deed }) => session === undefined && deed === 'acquire'),
    ({ instance }) => instance,
  );
  return story.ledger.flatMap((row) => {
    const ops = opsOf.get(row.id) ?? unknown.get(row.instance) ?? [];
    const release = lastRelease(ops, unknown.get(row.instance) ?? []);
    const due = Math.min(dueOf(story, row, ops), cleanDue(story, release));
    const endedAt = row.endedAt ?? Infinity;
    if (endedAt <= due + story.machineMs) return [];
    const late = Number.isFinite(endedAt)
      ? `${String(Math.round(endedAt - due))} ms late`
      : 'never';
    return [{ rule: 'I9', at: due, text: `${row.id} ended ${late}` }];
  });
}

/** The one that emptied the session: when it was answered, so was one of everybody who shared it. */
function lastRelease(ops: readonly Op[], unknown: readonly Op[]): Op | undefined {
  const releases = ops.filter(({ deed, outcome }) => deed === 'release' && outcome === 'ok');
  const left = Map.groupBy(releases, ({ holder }) => holder);
  // One without an answer may share it, too, and does not know.
  const holders = new Set(
    [...ops, ...unknown].filter(({ deed }) => deed === 'acquire').map(({ holder }) => holder),
  );
  if ([...holders].some((holder) => !left.has(holder))) return undefined;
  return [...left.values()]
    .flatMap(([first]) => first ?? [])
    .toSorted((one, other) => one.doneAt - other.doneAt)
    .at(-1);
}

/** A rebuilt pool keeps the seat for holders that it may have forgotten, for one lease. */
function cleanDue(story: Story, release: Op | undefined): number {
  if (release === undefined) return Infinity;
  const window = { from: release.invokedAt - story.leaseMs, to: release.doneAt };
  return isDisturbed(story, window) ? Infinity : release.invokedAt + cleanStopMs;
}

function dueOf(story: Story, row: LedgerRow, ops: readonly Op[]): number {
  const { leaseMs, livenessMs, offerMs, faults } = story;
  const waitedMs = row.grantedAt === null ? livenessMs + offerMs : leaseMs;
  let due = row.createdAt + waitedMs;
  for (const { leaseUntil, doneAt } of ops) due = Math.max(due, leaseUntil ?? doneAt + waitedMs);
  for (const { from, to } of faults) {
    if (to >= row.createdAt && from <= due + lapseSlackMs) {
      due = Math.max(due, to + waitedMs, to + claimMs);
    }
  }
  return due + lapseSlackMs;
}
