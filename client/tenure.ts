import { deadlineAfter, type Deadline } from './deadline.ts';
import { refOf } from './give-back.ts';
import type { Session, SessionAnswer, SessionRef } from './transport.ts';

/** A seat as the last answer of the server left it. */
export interface Tenure {
  session: Session;
  ref: SessionRef;
  /** When the seat may go to somebody else unless a heartbeat is answered before. */
  lease: Deadline;
  leaseMs: number;
  heartbeatMs: number;
}

/** Beats per lease for a server that does not say how often to beat. */
const beatsPerLease = 3;

/**
 * The tenure that an answer begins or prolongs. The lease is measured by the server's clock and counted
 * from the moment of asking, so that neither skew nor a slow answer makes it look longer than it is.
 */
export function tenureOf(answer: SessionAnswer, before?: Tenure): Tenure {
  const { session, serverTime, askedAt } = answer;
  const leaseMs = Math.max(
    0,
    Date.parse(session.leaseUntil ?? serverTime) - Date.parse(serverTime),
  );
  const beatSeconds = session.heartbeatSeconds;
  return {
    session,
    ref: answer.credential === undefined && before !== undefined ? before.ref : refOf(answer),
    lease: deadlineAfter(askedAt, leaseMs),
    leaseMs,
    heartbeatMs: beatSeconds === null ? leaseMs / beatsPerLease : beatSeconds * 1000,
  };
}
