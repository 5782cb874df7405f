/**
 * How many requests a process works on at once. What queues for Postgres or Redis beyond that would only
 * wait in vain, so it is turned away at the door, and the cheapest to repeat first.
 */
import type { TrafficClass } from '../domain/traffic.ts';

export interface Admission {
  /** Whether a request of this kind may begin; each that did must `leave`. */
  enter(traffic: TrafficClass): boolean;
  leave(traffic: TrafficClass): void;
}

/** How full the house may be for one more of a kind to be let in. */
const shares = { release: 1, acquire: 0.8, read: 0.6, admin: 0.4 } as const;
/** Beats touch Redis alone and waiters mostly sleep: each kind has room of its own, this many times larger. */
const ownRoomFactor = 10;

export function createAdmission({ inFlightMax }: { inFlightMax: number }): Admission {
  const own = { heartbeat: 0, wait: 0 };
  let shared = 0;
  return {
    enter(traffic) {
      if (traffic === 'heartbeat' || traffic === 'wait') {
        if (own[traffic] >= inFlightMax * ownRoomFactor) return false;
        own[traffic] += 1;
        return true;
      }
      if (shared >= inFlightMax * shares[traffic]) return false;
      shared += 1;
      return true;
    },
    leave(traffic) {
      if (traffic === 'heartbeat' || traffic === 'wait') own[traffic] -= 1;
      else shared -= 1;
    },
  };
}
