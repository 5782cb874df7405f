/**
 * The whole document against the server: what its schemas allow, and what they do not, for every
 * operation. Each answer is held against its declaration by the request itself; here nothing may be a
 * fault of the server, and every code of the table must be reachable by a real request.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOpenApiDocument } from '../../api/openapi.ts';
import type { Operation } from '../../api/operation.ts';
import { operations } from '../../api/routes.ts';
import { errorTable, type ErrorCode } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import {
  acquire,
  acquireBody,
  changeLicense,
  forceRelease,
  givenLicense,
  givenApiKey,
  problemOf,
  revoke,
  suspend,
  tryAcquire,
  tryHeartbeat,
  type GivenLicense,
} from '../support/given.ts';
import { brokenLike, valueOf, type Schema } from './schema-values.ts';

const api = await startTestApi();
const world = await givenWorld(api);
const document = createOpenApiDocument('http://127.0.0.1:8080');
const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>;
const known = {
  ...{ ten: world.license.tenantId, prd: world.license.productId, pln: world.license.planId },
  ...{ lic: world.license.licenseId, ses: world.session.id, key: world.apiKeyId },
};

function inputsOf({ path, method }: Operation) {
  const described = document.paths?.[path]?.[method];
  const parameters = (described?.parameters ?? []) as {
    name: string;
    in: string;
    schema: Schema;
  }[];
  const body = described?.requestBody as
    { content: { 'application/json': { schema: Schema } } } | undefined;
  const of = (place: string) => ({
    type: 'object',
    required: [],
    properties: Object.fromEntries(
      parameters.filter((one) => one.in === place).map(({ name, schema }) => [name, schema]),
    ),
  });
  return { query: of('query'), body: body?.content['application/json'].schema };
}

const fuzzed = operations.filter(({ id }) => !['revokeLicense', 'revokeApiKey'].includes(id));

test.each(fuzzed)('$id answers as declared whatever its schemas allow', async (operation) => {
  const { query, body } = inputsOf(operation);
  const values = { schemas, known };
  await fc.assert(
    fc.asyncProperty(
      valueOf(query, values),
      body === undefined
        ? fc.constant(undefined)
        : fc.oneof(valueOf(body, values), brokenLike(valueOf(body, values))),
      async (asked, sent) => {
        const { method, path, body: _sample, ...how } = requestFor(operation, world);
        const search = new URLSearchParams(asked as Record<string, string>);
        if (search.has('wait')) search.set('wait', '0');
        const options = sent === undefined ? how : { ...how, body: JSON.stringify(sent) };
        const { status, text } = await api.request(method, `${path}?${search.toString()}`, options);
        expect(status, text).toBeLessThan(500);
      },
    ),
    { numRuns: body === undefined ? 8 : 25 },
  );
});

const asKey = ({ licenseKey }: GivenLicense) => ({ authorization: `License ${licenseKey}` });
const withApi = (environment: Record<string, string>) =>
  startTestApi({ database: api.database, redis: api.redis, environment });
const limited = await withApi({ RATE_LIMIT_ACQUIRES: '1' });

/** A request that brings each code about; a code without one does not compile. */
const reached: Record<ErrorCode, () => Promise<Answer>> = {
  unauthenticated: () => api.request('GET', '/v1/licenses'),
  async forbidden() {
    const apiKey = await givenApiKey(api, world.license.tenantId, ['sessions:read']);
    return api.request('GET', '/v1/licenses', { authorization: `Bearer ${apiKey}` });
  },
  not_found: () => api.asOperator('GET', `/v1/tenants/${newId('ten')}`),
  method_not_allowed: () => api.request('PUT', '/v1/sessions'),
  async conflict() {
    const body = { code: 'twice', name: 'Product' };
    await api.asOperator('POST', '/v1/products', { body });
    return api.asOperator('POST', '/v1/products', { body });
  },
  invalid_request: () => api.asOperator('POST', '/v1/tenants', { body: {} }),
  async idempotency_mismatch() {
    const headers = { 'idempotency-key': 'one' };
    await api.asOperator('POST', '/v1/tenants', { body: { name: 'One' }, headers });
    return api.asOperator('POST', '/v1/tenants', { body: { name: 'Other' }, headers });
  },
  async idempotency_in_flight() {
    const send = () =>
      api.asOperator('POST', '/v1/tenants', {
        body: { name: 'Many' },
        headers: { 'idempotency-key': 'many' },
      });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    return answers.find(({ status }) => status === 409) ?? (answers[0] as Answer);
  },
  async rate_limited() {
    const license = { ...(await givenLicense(api)), api: limited };
    await acquire(license);
    return tryAcquire(license);
  },
  async no_seats_available() {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license);
    return tryAcquire(license);
  },
  async queue_full() {
    const queue = { lengthMax: 1, waitMaxSeconds: 60, offerSeconds: 15, livenessSeconds: 30 };
    const license = await givenLicense(api, { seats: 1, policy: { queue } });
    await acquire(license);
    await acquire(license, { wait: true });
    return tryAcquire(license, { wait: true });
  },
  async holders_exhausted() {
    const license = await givenLicense(api, { policy: { holdersMax: 1 } });
    await acquire(license, { instance: 'shared', holderId: 'one' });
    return tryAcquire(license, { instance: 'shared', holderId: 'other' });
  },
  async takeover_refused() {
    const license = await givenLicense(api, { seats: 1 });
    const { id } = await acquire(license);
    const body = { ...acquireBody(license), takeover: id };
    return api.request('POST', '/v1/sessions', { ...asKey(license), body });
  },
  async session_ended() {
    const session = await acquire(await givenLicense(api));
    await forceRelease(session);
    return tryHeartbeat(session);
  },
  async license_revoked() {
    const license = await givenLicense(api);
    await revoke(license);
    return tryAcquire(license);
  },
  async license_suspended() {
    const license = await givenLicense(api);
    await suspend(license);
    return tryAcquire(license);
  },
  async license_expired() {
    const license = await givenLicense(api);
    await changeLicense(license, { expiresAt: '2020-01-01T00:00:00Z' });
    return tryAcquire(license);
  },
  async product_mismatch() {
    return tryAcquire(await givenLicense(api), { product: 'another' });
  },
  async usage_type_not_allowed() {
    const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
    return tryAcquire(license, { usageType: 'runtime' });
  },
  async restoring() {
    const session = await acquire(await givenLicense(api));
    await api.store.flushall();
    return tryHeartbeat(session);
  },
  async internal() {
    const { licenseId } = await givenLicense(api);
    const stop = api.whenReached('license:applied', () => {
      throw new Error('an unexpected fault');
    });
    const body = { seats: 2 };
    const answer = await api.asOperator('PATCH', `/v1/licenses/${licenseId}`, { body });
    stop();
    return answer;
  },
  async unavailable() {
    const session = await acquire(await givenLicense(api));
    await api.redis.kill();
    return tryHeartbeat(session);
  },
};

test.each(Object.keys(errorTable) as ErrorCode[])('%s is reached by a request', async (code) => {
  const answer = await reached[code]();
  expect(problemOf(answer)).toMatchObject({ code, status: errorTable[code].status });
});
