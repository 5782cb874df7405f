/** The requests of this package. Each has a timeout, and fails with a LeaseholdError or the reason of the caller's signal. */
import createClient from 'openapi-fetch';
import { readClock, type Instant } from './deadline.ts';
import { LeaseholdError, unreachable } from './errors.ts';
import type { components, paths } from './generated/api.ts';
import { errorFromAnswer } from './problem.ts';
import { clientVersion } from './version.ts';

export type Session = components['schemas']['Session'];
/** What the server answered, and when it was asked: leases count from there, to be on the safe side. */
export type SessionAnswer = components['schemas']['SessionAnswer'] & { askedAt: Instant };
export type AcquireRequest = components['schemas']['AcquireRequest'];
export type ValidateRequest = components['schemas']['ValidateRequest'];
export type Decision = components['schemas']['Decision'];

/** What names and opens one holder's session. */
export interface SessionRef {
  id: string;
  credential: string;
}

interface CallOptions {
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export type Transport = ReturnType<typeof createTransport>;

/** @param server `url` is the base of the API, without `/v1`. */
export function createTransport(server: { url: string; licenseKey: string }) {
  const client = createClient<paths>({
    baseUrl: server.url,
    redirect: 'error',
    headers: { 'User-Agent': `leasehold-client/${clientVersion} node/${process.versions.node}` },
  });
  const byLicenseKey = { Authorization: `License ${server.licenseKey}` };
  const bySession = ({ credential }: SessionRef) => ({ Authorization: `Bearer ${credential}` });

  return {
    acquireSession: (body: AcquireRequest, options: CallOptions): Promise<SessionAnswer> =>
      askSession(options, (signal) =>
        client.POST('/v1/sessions', { body, headers: byLicenseKey, signal }),
      ),

    /** Waits up to `waitSeconds` for a change of a queued session. */
    getSession: (
      ref: SessionRef,
      options: CallOptions & { waitSeconds: number },
    ): Promise<SessionAnswer> =>
      askSession(options, (signal) =>
        client.GET('/v1/sessions/{id}', {
          params: { path: { id: ref.id }, query: { wait: options.waitSeconds } },
          headers: bySession(ref),
          signal,
        }),
      ),

    renewSession: (ref: SessionRef, options: CallOptions): Promise<SessionAnswer> =>
      askSession(options, (signal) =>
        client.POST('/v1/sessions/{id}/heartbeat', {
          params: { path: { id: ref.id } },
          body: {},
          headers: bySession(ref),
          signal,
        }),
      ),

    releaseSession: async (ref: SessionRef, options: CallOptions): Promise<void> => {
      await call(options, (signal) =>
        client.DELETE('/v1/sessions/{id}', {
          params: { path: { id: ref.id } },
          headers: bySession(ref),
          signal,
        }),
      );
    },

    validateLicense: async (body: ValidateRequest, options: CallOptions): Promise<Decision> => {
      const data = await call(options, (signal) =>
        client.POST('/v1/licenses/validate', { body, headers: byLicenseKey, signal }),
      );
      if (typeof data?.valid !== 'boolean') throw notLeasehold();
      return data;
    },
  };
}

interface Answered<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

async function call<Data>(
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

/** @throws LeaseholdError `unreachable` unless the answer has the members that everything here rests on. */
async function askSession(
  options: CallOptions,
  send: (signal: AbortSignal) => Promise<Answered<components['schemas']['SessionAnswer']>>,
): Promise<SessionAnswer> {
  const askedAt = readClock();
  const data = await call(options, send);
  const answer: { session?: { id?: unknown; status?: unknown }; serverTime?: unknown } = data ?? {};
  const isAnswer =
    typeof answer.session?.id === 'string' &&
    typeof answer.session.status === 'string' &&
    typeof answer.serverTime === 'string';
  if (data === undefined || !isAnswer) throw notLeasehold();
  return { ...data, askedAt };
}

function notLeasehold(cause?: unknown): LeaseholdError {
  return unreachable(
    'What answered is not a Leasehold server. Check the URL, and the network for a login page.',
    cause,
  );
}
