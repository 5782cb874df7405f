/** The requests for license files, by license key. Each fails as `askForProof` says. */
import { call, createApi, notLeasehold, type Answered } from '../call.ts';
import type { components } from '../generated/api.ts';
import type { PinOptions } from '../pins.ts';
import { askerOf, askForProof, nonceHeader, type Asker } from '../proven.ts';
import { resolveServer, type ServerOptions } from '../settings.ts';
import { createVerifier } from '../verifier.ts';

export type CheckOutRequest = components['schemas']['CheckOutRequest'];
type CheckInRequest = components['schemas']['CheckInRequest'];
export type CheckOutAnswer = components['schemas']['CheckOutAnswer'];

/** The server itself waits a few seconds for the file. */
const timeoutMs = 15_000;

/** How long a command asks again while the server does not answer. */
export const patienceMs = 5_000;

export type LicenseFilesApi = ReturnType<typeof createLicenseFilesApi>;

/**
 * The API of the server that is configured; where roots are pinned, only its own refusals count.
 *
 * @param product what files are asked for; null: the request itself does not say.
 */
export async function openLicenseFilesApi(
  options: ServerOptions & PinOptions,
  product: string | null,
): Promise<LicenseFilesApi> {
  const server = resolveServer(options, process.env);
  const verifier = await createVerifier(options, { ...server, product }, process.env);
  return createLicenseFilesApi(server, askerOf(verifier, ''));
}

function createLicenseFilesApi(server: { url: string; licenseKey: string }, asker: Asker | null) {
  const client = createApi(server.url);
  const ask = (send: (how: Sending) => Promise<Answered<CheckOutAnswer>>) =>
    askForProof(asker, server.licenseKey, async (nonce) => {
      const headers = { Authorization: `License ${server.licenseKey}`, ...nonceHeader(nonce) };
      return answerOf(await call({ timeoutMs }, (signal) => send({ headers, signal })));
    });
  return {
    checkOut: (body: CheckOutRequest) =>
      ask((how) => client.POST('/v1/licenses/check-out', { body, ...how })),

    readCheckOut: (id: string) =>
      ask((how) => client.GET('/v1/check-outs/{id}', { params: { path: { id } }, ...how })),

    checkIn: (id: string, body: CheckInRequest) =>
      ask((how) =>
        client.POST('/v1/check-outs/{id}/check-in', { params: { path: { id } }, body, ...how }),
      ),
  };
}

interface Sending {
  headers: Record<string, string>;
  signal: AbortSignal;
}

function answerOf(answer: CheckOutAnswer | undefined): CheckOutAnswer {
  if (typeof answer?.checkOut.id !== 'string') throw notLeasehold();
  return answer;
}
