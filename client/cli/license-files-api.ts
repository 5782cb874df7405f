/** The requests for license files, by license key. Each fails with a LeaseholdError. */
import { call, createApi, notLeasehold, type Answered } from '../call.ts';
import type { components } from '../generated/api.ts';

export type CheckOutRequest = components['schemas']['CheckOutRequest'];
type CheckInRequest = components['schemas']['CheckInRequest'];
export type CheckOutAnswer = components['schemas']['CheckOutAnswer'];

/** The server itself waits a few seconds for the file. */
const timeoutMs = 15_000;

export function createLicenseFilesApi(server: { url: string; licenseKey: string }) {
  const client = createApi(server.url);
  const headers = { Authorization: `License ${server.licenseKey}` };
  return {
    checkOut: (body: CheckOutRequest) =>
      ask((signal) => client.POST('/v1/licenses/check-out', { body, headers, signal })),

    readCheckOut: (id: string) =>
      ask((signal) =>
        client.GET('/v1/check-outs/{id}', { params: { path: { id } }, headers, signal }),
      ),

    checkIn: (id: string, body: CheckInRequest) =>
      ask((signal) =>
        client.POST('/v1/check-outs/{id}/check-in', {
          ...{ params: { path: { id } }, body, headers, signal },
        }),
      ),
  };
}

async function ask(
  send: (signal: AbortSignal) => Promise<Answered<CheckOutAnswer>>,
): Promise<CheckOutAnswer> {
  const answer = await call({ timeoutMs }, send);
  if (typeof answer?.checkOut.id !== 'string') throw notLeasehold();
  return answer;
}
