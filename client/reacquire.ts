import { isTransient, LeaseholdError, refusalCode } from './errors.ts';
import { giveBack } from './give-back.ts';
import type { SessionAnswer, Transport } from './transport.ts';

interface Means {
  transport: Transport;
  /** Asks for a seat again. */
  request: (how: { wait: boolean }) => Promise<SessionAnswer>;
  reacquireLapsed: boolean;
}

/**
 * Whether a refused heartbeat may be answered by asking for the seat again: a credential that the
 * server's new secrets do not know (the same instance gets the same seat), or, where the program chose
 * so, a lapsed lease. A seat that was taken away is never taken back.
 */
export function isReacquirable(error: unknown, means: Means): error is LeaseholdError {
  if (!(error instanceof LeaseholdError)) return false;
  // Nobody can sign for a credential that nobody knows: this refusal needs no proof, the seat is asked for.
  return refusalCode(error) === 'unauthenticated' || (isLapse(error) && means.reacquireLapsed);
}

/** Whether the seat was given up for want of heartbeats. */
export function isLapse(error: unknown): error is LeaseholdError {
  return error instanceof LeaseholdError && error.reason === 'lapsed';
}

/**
 * Asks once.
 *
 * @throws the refusal that led here when there is no seat now; a fault that passes as itself.
 */
export async function reacquire(
  refusal: LeaseholdError,
  { transport, request }: Means,
  over: AbortSignal,
): Promise<SessionAnswer> {
  let answer: SessionAnswer;
  try {
    answer = await request({ wait: false });
  } catch (error) {
    // A refusal that is not proven is no reason; the one that is proven now is.
    throw isTransient(error) || !refusal.conclusive ? error : refusal;
  }
  // Whoever released the seat meanwhile did not know of this one.
  if (over.aborted) await giveBack(transport, answer);
  if (answer.session.status !== 'active') throw refusal;
  return answer;
}
