/** When a client surely held a seat, from nothing but what it was told itself. */
import type { Op, Period, Story } from './story.ts';

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
 * From each yes until the lease that it named is over, or the session was about to be given back or
 * taken away, whichever comes first. Yeses of one session that follow within its lease are one hold.
 */
export function holdsOf(story: Story): Hold[] {
  const cuts = cutsOf(story);
  const latest = new Map<string, Hold>();
  const holds: Hold[] = [];
  for (const op of story.ended) {
    if (op.outcome !== 'ok' || op.status !== 'active') continue;
    if (op.session === undefined || op.leaseUntil === undefined) continue;
    const { session, licenseId, instance, doneAt: from } = op;
    const to = Math.min(op.leaseUntil - clockSlackMs, cuts.get(session) ?? Infinity);
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

/** When each session was about to be given back or taken away. */
function cutsOf({ ops }: Story): Map<string, number> {
  const cuts = new Map<string, number>();
  for (const { deed, session, invokedAt } of ops) {
    if (session === undefined || (deed !== 'release' && deed !== 'force')) continue;
    cuts.set(session, Math.min(cuts.get(session) ?? Infinity, invokedAt));
  }
  return cuts;
}
