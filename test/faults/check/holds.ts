/** When a client surely held a seat, from nothing but what it was told itself. */
import { hasTaken, type Op, type Period, type Story } from './story.ts';

export interface Hold extends Period {
  licenseId: string;
  instance: string;
  session: string;
  /** The deed whose answer it begins with. */
  by: Op;
}

/** Reading two clocks one after the other costs less than this. */
const clockSlackMs = 20;

/**
 * From each yes until the lease that it named is over, or its holder was about to give it back, or it
 * was about to be taken away, whichever comes first. What several holders have of one session is one
 * hold while it goes on, and so are yeses that follow within a lease.
 */
export function holdsOf(story: Story): Hold[] {
  const cuts = cutsOf(story);
  const latest = new Map<string, Hold>();
  const holds: Hold[] = [];
  for (const op of story.ended) {
    if (op.outcome !== 'ok' || op.status !== 'active') continue;
    if (op.session === undefined || op.leaseUntil === undefined) continue;
    const { session, licenseId, instance, doneAt: from } = op;
    const to = Math.min(op.leaseUntil - clockSlackMs, cuts(op));
    const before = latest.get(session);
    if (before !== undefined && from <= before.to) {
      before.to = Math.max(before.to, to);
    } else if (to > from) {
      const hold = { session, licenseId, instance, from, to, by: op };
      latest.set(session, hold);
      holds.push(hold);
    }
  }
  return holds;
}

/** When what a yes gave was about to be given back by its holder, or to be taken away from all. */
function cutsOf({ ops, changes, ledger }: Story): (yes: Op) => number {
  const cuts = new Map<string, number>();
  const cut = (key: string, at: number) => cuts.set(key, Math.min(cuts.get(key) ?? Infinity, at));
  const rows = new Map(ledger.map((row) => [row.id, row]));
  for (const op of ops) {
    const { deed, session, holder = '', takeover, outcome, invokedAt } = op;
    if (deed === 'release') cut(`${String(session)} ${holder}`, invokedAt);
    if (deed === 'force') cut(String(session), invokedAt);
    if (takeover === undefined) continue;
    if (outcome !== 'fail' || hasTaken(op, rows.get(takeover))) cut(takeover, invokedAt);
  }
  // Which sessions a suspension ended is known from the ledger alone.
  for (const { id, licenseId, endReason, endedAt } of ledger) {
    if (endReason !== 'license_suspended') continue;
    const by = changes.findLast(
      (change) =>
        change.deed === 'suspend' &&
        change.licenseId === licenseId &&
        change.invokedAt <= (endedAt ?? Infinity),
    );
    if (by !== undefined) cut(id, by.invokedAt);
  }
  return ({ session = '', holder = '' }) =>
    Math.min(cuts.get(session) ?? Infinity, cuts.get(`${session} ${holder}`) ?? Infinity);
}
