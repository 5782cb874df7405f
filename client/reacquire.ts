import { isTransient, LeaseholdError } from './errors.ts';
import { giveBack } from './give-back.ts';
import type { SessionAnswer, Transport } from './transport.ts';

interface Means {
  transport: Transport;
  /** Asks for a seat again, without waiting. */
  request: () => Promise<SessionAnswer>;
  reacquireLapsed: boolean;
}

/**
 * Whether a refused heartbeat may be answered by asking for the seat again: a credential that the
 * server's new secrets do not know (the same instance gets the same seat), or, where the program chose
 * so, a lapsed lease. A seat that was taken away is never taken back.
 */
export function isReacquirable(error: unknown, means: Means): error is LeaseholdError {
  if (!(error instanceof LeaseholdError)) return false;
  return error.code === 'unauthenticated' || (error.reason === 'lapsed' && means.reacquireLapsed);
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
    answer = await request();
  } catch (error) {
    throw isTransient(error) ? error : refusal;
  }
  // Whoever released the seat meanwhile did not know of this one.
  if (over.aborted) await giveBack(transport, answer);
  if (answer.session.status !== 'active') throw refusal;
  return answer;
}
