/**
 * The requests of a program that uses a seat. Each has a timeout, and fails as `call` says; where there is
 * an asker, refusals come as `askForProof` says.
 */
import { call, createApi, notLeasehold, type Answered, type CallOptions } from './call.ts';
import { readClock, type Instant } from './deadline.ts';
import type { components } from './generated/api.ts';
import { askForProof, nonceHeader, type Asker } from './proven.ts';

export type Session = components['schemas']['Session'];
/** What the server answered, and when it was asked: leases count from there, to be on the safe side. */
export type SessionAnswer = components['schemas']['SessionAnswer'] & {
  askedAt: Instant;
  /** The number of the newest revocation list. */
  revocationSeq?: number;
  /** Of the request that it answers, where proof is wanted. */
  nonce?: string | undefined;
};
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
export function createTransport(
  server: { url: string; licenseKey: string },
  asker: Asker | null = null,
) {
  const client = createApi(server.url);
  const byLicenseKey = { Authorization: `License ${server.licenseKey}` };
  return {
    ...createSessionTransport(server.url, asker),

    acquireSession: (body: AcquireRequest, options: CallOptions): Promise<SessionAnswer> =>
      askForProof(asker, server.licenseKey, (nonce) =>
        askSession({ ...options, nonce }, (signal) =>
          client.POST('/v1/sessions', {
            body,
            headers: { ...byLicenseKey, ...nonceHeader(nonce) },
            signal,
          }),
        ),
      ),

    validateLicense: async (body: ValidateRequest, options: CallOptions): Promise<Decision> => {
      const data = await askForProof(asker, server.licenseKey, (nonce) => {
        const headers = { ...byLicenseKey, ...nonceHeader(nonce) };
        return call(options, (signal) =>
          client.POST('/v1/licenses/validate', { body, headers, signal }),
        );
      });
      if (typeof data?.valid !== 'boolean') throw notLeasehold();
      return data;
    },
  };
}

/** What a session's own credential opens. */
export function createSessionTransport(url: string, asker: Asker | null = null) {
  const client = createApi(url);
  const bySession = ({ credential }: SessionRef, nonce?: string) => ({
    Authorization: `Bearer ${credential}`,
    ...nonceHeader(nonce),
  });
  return {
    /** Waits up to `waitSeconds` for a change of a queued session. */
    getSession: (
      ref: SessionRef,
      options: CallOptions & { waitSeconds: number },
    ): Promise<SessionAnswer> =>
      askForProof(asker, ref.credential, (nonce) =>
        askSession({ ...options, nonce }, (signal) =>
          client.GET('/v1/sessions/{id}', {
            params: { path: { id: ref.id }, query: { wait: options.waitSeconds } },
            headers: bySession(ref, nonce),
            signal,
          }),
        ),
      ),

    /** @param options `wantsToken`: there is no lease token that proves the seat. */
    renewSession: (
      ref: SessionRef,
      { wantsToken = false, ...options }: CallOptions & { wantsToken?: boolean },
    ): Promise<SessionAnswer> =>
      askForProof(asker, ref.credential, (nonce) =>
        askSession({ ...options, nonce }, (signal) =>
          client.POST('/v1/sessions/{id}/heartbeat', {
            params: { path: { id: ref.id } },
            headers: bySession(ref, nonce),
            ...(wantsToken ? { body: { wantsToken } } : {}),
            signal,
          }),
        ),
      ),

    releaseSession: async (ref: SessionRef, options: CallOptions): Promise<void> => {
      await askForProof(asker, ref.credential, (nonce) =>
        call(options, (signal) =>
          client.DELETE('/v1/sessions/{id}', {
            params: { path: { id: ref.id } },
            headers: bySession(ref, nonce),
            signal,
          }),
        ),
      );
    },
  };
}

/** @throws LeaseholdError `unreachable` unless the answer has the members that everything here rests on. */
async function askSession(
  { nonce, ...options }: CallOptions & { nonce: string | undefined },
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
  return { ...data, askedAt, nonce };
}
