import { expect, test } from 'vitest';
import { operations } from '../../api/routes.ts';
import { newId } from '../../platform/ids.ts';
import type { IdPrefix } from '../../domain/ids.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { credentialFor, givenWorld, requestFor } from '../support/every-operation.ts';
import { heartbeat, readLicense, show } from '../support/given.ts';

const api = await startTestApi();
const owner = await givenWorld(api);
const stranger = await givenWorld(api);
const addressed = operations.filter(({ path }) => path.includes('{id}'));

/** The same request with another id is answered the same to the byte, but for the request id. */
async function expectLikeRandom(
  request: { method: string; path: string; body?: unknown },
  how: { authorization?: string | undefined; tenantId?: string | undefined },
): Promise<void> {
  const [id = ''] = /[a-z]{3}_[0-9a-z]{26}/.exec(request.path) ?? [];
  const random = request.path.replace(id, newId(id.slice(0, 3) as IdPrefix));
  const options = { ...how, ...(request.body === undefined ? {} : { body: request.body }) };
  const answer = await api.request(request.method, request.path, options);
  const toRandom = await api.request(request.method, random, options);
  expect(answer.status).toBe(404);
  expect(withoutRequestId(answer)).toEqual(withoutRequestId(toRandom));
}

test.each(addressed.filter(({ credential }) => credential === 'tenant'))(
  '$id answers another tenant’s id like a random one',
  async (operation) => {
    const request = requestFor(operation, owner);
    await expectLikeRandom(request, credentialFor(operation, stranger));
    const { operatorKey } = api;
    const how = { authorization: `Bearer ${operatorKey}`, tenantId: stranger.license.tenantId };
    await expectLikeRandom(request, how);
  },
);

test.each(addressed.filter(({ credential }) => credential === 'session'))(
  '$id answers another session’s id like a random one',
  async (operation) => {
    const request = requestFor(operation, owner);
    await expectLikeRandom(request, credentialFor(operation, stranger));
  },
);

test.each(addressed.filter(({ path }) => path.startsWith('/v1/licenses/{id}')))(
  '$id finds no license outside the tenant that an operator names',
  async (operation) => {
    const { operatorKey } = api;
    const how = { authorization: `Bearer ${operatorKey}`, tenantId: stranger.license.tenantId };
    await expectLikeRandom(requestFor(operation, owner), how);
  },
);

test('nothing of all that touched the owner', async () => {
  expect(await heartbeat(owner.session)).toMatchObject({ status: 'active' });
  expect(await show(owner.session)).toMatchObject({ endedAt: null });
  expect(await readLicense(owner.license)).toMatchObject({ status: 'active', seats: { limit: 3 } });
});

test('a list shows a tenant its own licenses only', async () => {
  const authorization = `Bearer ${stranger.apiKey}`;
  const { body } = await api.request('GET', '/v1/licenses', { authorization });
  const { items } = body as { items: { id: string; tenantId: string }[] };
  expect(items.map(({ id }) => id)).toEqual([stranger.license.licenseId]);
});

/** What differs between any two requests of one caller: who, when, and how much of its budget is left. */
const ofEachRequest = ['x-request-id', 'date', 'ratelimit'];

function withoutRequestId({ text, headers, status }: Answer) {
  const kept = [...headers].filter(([name]) => !ofEachRequest.includes(name));
  return { status, text: text.replace(/req_\w{26}/, ''), headers: kept };
}
