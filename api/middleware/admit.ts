/** What stands before an operation: room to work in, and the caller's budget. */
import type { Request, Response } from 'express';
import { LicensingError } from '../../domain/errors.ts';
import type { TrafficClass } from '../../domain/traffic.ts';
import type { ApiDeps } from '../deps.ts';
import { authenticate, type Caller, type CredentialClass } from './authenticate.ts';

/**
 * Does the work of a request if there is room for it, and gives the room back when the work is over:
 * not when its caller has gone, since what it began may still hold a connection. Null: always room.
 *
 * @throws LicensingError `unavailable` when the process already works on as much as it can finish.
 */
export async function whileAdmitted(
  { admission, metrics }: ApiDeps,
  traffic: TrafficClass | null,
  work: () => Promise<void>,
): Promise<void> {
  if (traffic === null) return work();
  if (!admission.enter(traffic)) {
    metrics.requestsRefused.inc({ traffic, why: 'load' });
    throw new LicensingError(
      'unavailable',
      'The server has more to do than it can at this moment. Try again in a few seconds.',
    );
  }
  try {
    await work();
  } finally {
    admission.leave(traffic);
  }
}

/**
 * `authenticate` for credentials that are looked up in a store: an address from which wrong ones keep
 * coming is not let to that store with one more that this process does not know.
 *
 * @throws LicensingError `rate_limited`, or what `authenticate` throws.
 */
export async function authenticateStranger<Class extends CredentialClass>(
  deps: ApiDeps,
  request: Request,
  { credential, traffic }: { credential: Class; traffic: TrafficClass },
): Promise<Caller<Class>> {
  const { strangers, metrics } = deps;
  const { ip = '' } = request;
  const { authorization = '' } = request.headers;
  const wait = strangers.mustWait(ip, authorization);
  if (wait !== null) {
    metrics.requestsRefused.inc({ traffic, why: 'address' });
    const detail = 'Too many wrong credentials came from this address. Wait, then check the key.';
    throw new LicensingError('rate_limited', detail, { retryAfterSeconds: wait });
  }
  try {
    const caller = await authenticate(deps, request, credential);
    strangers.recognized(authorization);
    return caller;
  } catch (error) {
    if (error instanceof LicensingError && error.code === 'unauthenticated') strangers.refused(ip);
    throw error;
  }
}

/**
 * Takes the request out of its credential's budget and tells what is left of it, in the headers of the
 * IETF draft `ratelimit-headers`.
 *
 * @throws LicensingError `rate_limited` when nothing was left.
 */
export async function limitRate(
  deps: ApiDeps,
  response: Response,
  { traffic, caller }: { traffic: TrafficClass; caller: object },
): Promise<void> {
  const asked = deps.rateLimits.take(traffic, budgetOf(caller));
  // Not awaited unless it has to be: a turn of the loop is a measurable part of a heartbeat.
  const verdict = asked instanceof Promise ? await asked : asked;
  if (verdict === null) return;
  const { limit, left, resetSeconds } = verdict;
  response.setHeader('RateLimit-Policy', `"${traffic}";q=${limit};w=60`);
  response.setHeader('RateLimit', `"${traffic}";r=${left};t=${resetSeconds}`);
  if (verdict.isAllowed) return;
  deps.metrics.requestsRefused.inc({ traffic, why: 'rate' });
  throw new LicensingError(
    'rate_limited',
    `More than ${limit} requests of this kind came within a minute. Try again in ${resetSeconds} s.`,
    { retryAfterSeconds: resetSeconds },
  );
}

type AnyCaller = Caller<'license_key'> & Caller<'session'> & Caller<'operator'>;

/** Whose budget it is: a holder's of a session, a license's over all its keys, or a key's. */
function budgetOf({ sessionId, holderId, licenseId, actor }: Partial<AnyCaller>): string {
  if (sessionId !== undefined) return `${sessionId}/${holderId ?? ''}`;
  return licenseId ?? actor?.id ?? '';
}
