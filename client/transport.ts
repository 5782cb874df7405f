/** The requests of a program that uses a seat. Each has a timeout, and fails as `call` says. */
import { call, createApi, notLeasehold, type Answered, type CallOptions } from './call.ts';
import { readClock, type Instant } from './deadline.ts';
import type { components } from './generated/api.ts';

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

export type Transport = ReturnType<typeof createTransport>;
export type SessionTransport = ReturnType<typeof createSessionTransport>;

/** @param server `url` is the base of the API, without `/v1`. */
export function createTransport(server: { url: string; licenseKey: string }) {
  const client = createApi(server.url);
  const byLicenseKey = { Authorization: `License ${server.licenseKey}` };
  return {
    ...createSessionTransport(server.url),

    acquireSession: (body: AcquireRequest, options: CallOptions): Promise<SessionAnswer> =>
      askSession(options, (signal) =>
        client.POST('/v1/sessions', { body, headers: byLicenseKey, signal }),
      ),

    validateLicense: async (body: ValidateRequest, options: CallOptions): Promise<Decision> => {
      const data = await call(options, (signal) =>
        client.POST('/v1/licenses/validate', { body, headers: byLicenseKey, signal }),
      );
      if (typeof data?.valid !== 'boolean') throw notLeasehold();
      return data;
    },
  };
}

/** What a session's own credential opens. */
export function createSessionTransport(url: string) {
  const client = createApi(url);
  const bySession = ({ credential }: SessionRef) => ({ Authorization: `Bearer ${credential}` });
  return {
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
  };
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
