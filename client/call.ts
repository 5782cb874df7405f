/** How this package sends a request: with a timeout, and every failure told as a LeaseholdError. */
import createClient, { type Client } from 'openapi-fetch';
import { LeaseholdError, unreachable } from './errors.ts';
import type { paths } from './generated/api.ts';
import { errorFromAnswer } from './problem.ts';
import { clientVersion } from './version.ts';

export interface CallOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** @param url the base of the API, without `/v1`. */
export function createApi(url: string): Client<paths> {
  return createClient<paths>({
    baseUrl: url,
    redirect: 'error',
    headers: { 'User-Agent': `leasehold-client/${clientVersion} node/${process.versions.node}` },
  });
}

export interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** @throws LeaseholdError the server's refusal, or `unreachable`; the reason of the caller's signal. */
export async function call<Data>(
  options: CallOptions,
  send: (signal: AbortSignal) => Promise<Answered<Data>>,
): Promise<Data | undefined> {
  options.signal?.throwIfAborted();
  const controller = new AbortController();
  const abort = () => {
    controller.abort();
  };
  // Own timer and listener: a composed signal may be collected while the request is under way.
  const timer = setTimeout(abort, options.timeoutMs);
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    const { data, error, response } = await send(controller.signal);
    if (!response.ok) throw errorFromAnswer(response, error);
    return data;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw asLeaseholdError(error, controller.signal.aborted ? options.timeoutMs : null);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

function asLeaseholdError(error: unknown, timedOutMs: number | null): LeaseholdError {
  if (error instanceof LeaseholdError) return error;
  if (timedOutMs !== null) {
    return unreachable(`The licence server did not answer within ${timedOutMs / 1000} s.`, error);
  }
  // JSON that is none: a page of a proxy or a captive portal.
  if (error instanceof SyntaxError) return notLeasehold(error);
  return unreachable('The licence server cannot be reached. Check the URL and the network.', error);
}

/** What answered is a proxy or a captive portal. */
export function notLeasehold(cause?: unknown): LeaseholdError {
  return unreachable(
    'What answered is not a Leasehold server. Check the URL, and the network for a login page.',
    cause,
  );
}
