import { expect, test } from 'vitest';
import type { Operation } from '../../api/operation.ts';
import { operations } from '../../api/routes.ts';
import { newId } from '../../platform/ids.ts';
import type { IdPrefix } from '../../domain/ids.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { proofOf } from '../support/denials.ts';
import { credentialFor, givenWorld, requestFor } from '../support/every-operation.ts';
import { startTestKms } from '../support/kms.ts';
import { acquireMany, heartbeat, readLicense, show } from '../support/given.ts';

const api = await startTestApi({ kms: await startTestKms() });
const proof = await proofOf(api);
const nonce = 'nonce-of-both';
const owner = await givenWorld(api);
const stranger = await givenWorld(api);
const acquireOperation = operations.find(({ id }) => id === 'acquireSession') as Operation;
const addressed = operations.filter(({ path }) => path.includes('{id}'));

/** The same request with another id is answered the same to the byte, but for the request id. */
async function expectLikeRandom(
  request: { method: string; path: string; body?: unknown },
  how: { authorization?: string | undefined; tenantId?: string | undefined },
): Promise<void> {
  const [id = ''] = /[a-z]{3}_[0-9a-z]{26}/.exec(request.path) ?? [];
  const random = request.path.replace(id, newId(id.slice(0, 3) as IdPrefix));
  const headers = { 'leasehold-nonce': nonce };
  const body = request.body === undefined ? {} : { body: request.body };
  const options = { ...how, ...body, headers };
  const answer = await api.request(request.method, request.path, options);
  const toRandom = await api.request(request.method, random, options);
  expect(answer.status).toBe(404);
  expect(await withoutRequestId(answer)).toEqual(await withoutRequestId(toRandom));
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

test.each(addressed.filter(({ credential }) => credential === 'license_key'))(
  '$id answers an id of another license like a random one',
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
  expect(await readLicense(owner.license)).toMatchObject({ status: 'active', seats: { limit: 4 } });
});

test('a list shows a tenant its own licenses only', async () => {
  const authorization = `Bearer ${stranger.apiKey}`;
  const { body } = await api.request('GET', '/v1/licenses', { authorization });
  const { items } = body as { items: { id: string; tenantId: string }[] };
  expect(items.map(({ id }) => id)).toEqual([stranger.license.licenseId]);
});

/** Beside these every operation with an id is mirrored above. */
const ofTheVendor: Record<string, string> = {
  getTenant: 'an operator sees every tenant',
  getProduct: 'the catalogue belongs to no tenant',
  changeProduct: 'the catalogue belongs to no tenant',
  getPlan: 'the catalogue belongs to no tenant',
  revokeApiKey: 'an operator revokes the key of any tenant',
};

test('no operation with an id is left out', () => {
  const mirrored = addressed.filter(
    ({ credential, path }) => credential !== 'operator' || path.startsWith('/v1/licenses/{id}'),
  );
  const named = [...mirrored.map(({ id }) => id), ...Object.keys(ofTheVendor)];
  expect(named.toSorted()).toEqual(addressed.map(({ id }) => id).toSorted());
});

test('another tenant’s session in a body is like a random one', async () => {
  const how = { authorization: `License ${stranger.license.licenseKey}` };
  // With every seat taken, a session to take over is the one way in.
  await acquireMany(stranger.license, 2);
  const body = { ...requestFor(acquireOperation, stranger).body, instanceKey: 'taker' };
  const ask = (takeover: string) =>
    api.request('POST', '/v1/sessions', { ...how, body: { ...body, takeover } });
  const [answer, toRandom] = [await ask(owner.session.id), await ask(newId('ses'))];
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(await withoutIds(answer)).toEqual(await withoutIds(toRandom));
  expect(await heartbeat(owner.session)).toMatchObject({ status: 'active' });
});

test('another tenant’s id as a cursor shows nothing of it', async () => {
  const authorization = `Bearer ${stranger.apiKey}`;
  for (const path of ['/v1/licenses', `/v1/licenses/${stranger.license.licenseId}/sessions`]) {
    for (const cursor of [owner.license.licenseId, owner.session.id]) {
      const answer = await api.request('GET', `${path}?cursor=${cursor}`, { authorization });
      expect(answer.text).not.toContain(owner.license.tenantId);
      expect(answer.text).not.toContain(owner.session.id);
    }
  }
});

/** What an answer says, but for the request's own ids and its place in a budget. */
async function withoutIds(answer: Answer) {
  const { text, denied } = await readDenial(answer);
  return { status: answer.status, denied, text: text.replace(/(req|ses)_\w{26}/g, '') };
}

/** What differs between any two requests of one caller: who, when, and how much of its budget is left. */
const ofEachRequest = ['x-request-id', 'date', 'ratelimit'];

async function withoutRequestId(answer: Answer) {
  const { text, denied } = await readDenial(answer);
  const headers = [...answer.headers].filter(([name]) => !ofEachRequest.includes(name));
  const { status } = answer;
  return { status, denied, text: text.replace(/req_\w{26}/, ''), headers };
}

/** What a denial says, verified; when it was said differs, and so does its signature. */
async function readDenial({ text, body }: Answer) {
  const { denial } = body as { denial?: string };
  if (denial === undefined) return { text, denied: null };
  const { iat, exp, ...denied } = await proof.claimsOf(body);
  const lifeSeconds = exp - iat;
  return { text: text.replace(denial, ''), denied: { ...denied, lifeSeconds } };
}
