import type { Story, Violation } from './story.ts';

/** Between the look at its seat and the note of the work a client runs a few lines. */
const betweenMs = 250;

/**
 * I10: whoever works has a lease that runs, or a token that proves its right to go on without an answer: one that
 * was paused for longer learns of its loss before it does more work, and so does whoever is answered.
 */
export function checkWork({ events }: Story): Violation[] {
  const leases = new Map<string, number>();
  return events.flatMap(
    ({ deed, phase, session, leaseUntil, offlineUntil = -Infinity, at, client }) => {
      if (session === undefined) return [];
      if (deed === 'work') {
        if ((leases.get(session) ?? -Infinity) + betweenMs >= at) return [];
        return [{ rule: 'I10', at, text: `${client} worked without the lease of ${session}` }];
      }
      if (phase === 'fail' || deed === 'release') leases.set(session, -Infinity);
      else if (phase === 'ok' && leaseUntil !== undefined) {
        leases.set(session, Math.max(leaseUntil, offlineUntil));
      }
      return [];
    },
  );
}
