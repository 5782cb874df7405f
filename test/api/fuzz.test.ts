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
import { askCheckOut } from '../support/check-outs.ts';
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
  chk: world.checkOutId,
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
  // Names of headers as the test writes its own: two ways to write one would be sent as two.
  const nameOf = (name: string, place: string) => (place === 'header' ? name.toLowerCase() : name);
  const of = (place: string) => ({
    type: 'object',
    required: [],
    properties: Object.fromEntries(
      parameters
        .filter((one) => one.in === place)
        .map(({ name, schema }) => [nameOf(name, place), schema]),
    ),
  });
  const [id] = Object.values(of('path').properties);
  const text = body?.content['application/json'].schema;
  return { query: of('query'), headers: of('header'), id, body: text };
}

/** Whatever is asked of the operation; what is undefined is as in its sample. */
function requestLike(operation: Operation) {
  const { query, headers, id, body } = inputsOf(operation);
  const values = { schemas, known };
  const strangeHeaders = fc.record(
    { ...fromEach(headers.properties, strangeHeader), authorization: strangeHeader },
    { requiredKeys: [] },
  );
  const sent = body === undefined ? fc.constant(undefined) : valueOf(body, values);
  return fc.record({
    asked: valueOf(query, values),
    headers: fc.oneof(
      { weight: 3, arbitrary: valueOf(headers, values) },
      { weight: 1, arbitrary: strangeHeaders },
    ) as fc.Arbitrary<Record<string, string>>,
    id: fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: id === undefined ? fc.constant(undefined) : segmentOf(id) },
      { weight: 1, arbitrary: strangeSegment },
    ),
    sent: body === undefined ? sent : fc.oneof(sent, brokenLike(sent)),
  });
}

/** What a client can put into a header at all. */
const strangeHeader = fc.oneof(
  fc
    .string({
      unit: fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code)),
      maxLength: 400,
    })
    .filter((value) => !value.includes('\u007f')),
  fc.constantFrom('', 'Bearer', 'License LH-', '\t', 'null', 'a,b', '%00', 'x'.repeat(4_000)),
);

/** A part of a path that names nothing, or cannot even be read. */
const strangeSegment = fc.oneof(
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
    .filter((value) => !/^\.+$/.test(value))
    .map(encodeURIComponent),
  fc.constantFrom('%', '%zz', '%ff', '%00', '%2F', '%0d%0a', 'null', "'", 'x'.repeat(4_000)),
);

/** As the schema allows, of nobody. */
function segmentOf(schema: Schema): fc.Arbitrary<string> {
  const value = valueOf(schema, { schemas, known: {} }) as fc.Arbitrary<string>;
  return value.map(encodeURIComponent);
}

function fromEach<T>(properties: Record<string, Schema>, value: T): Record<string, T> {
  return Object.fromEntries(Object.keys(properties).map((name) => [name, value]));
}

/** These end what they name, so each request has a world of its own. */
const spending = new Set(['revokeLicense', 'revokeApiKey']);

test.each(operations)('$id answers as declared whatever its schemas allow', async (operation) => {
  const hasBody = inputsOf(operation).body !== undefined;
  await fc.assert(
    fc.asyncProperty(requestLike(operation), async ({ asked, headers, id, sent }) => {
      const own = spending.has(operation.id) ? await givenWorld(api) : world;
      const { method, path, body: _sample, ...how } = requestFor(operation, own);
      const search = new URLSearchParams(asked as Record<string, string>);
      if (search.has('wait')) search.set('wait', '0');
      const place = id === undefined ? path : operation.path.replace('{id}', () => id);
      const options = { ...how, headers };
      const { status, text } = await api.request(method, `${place}?${search.toString()}`, {
        ...options,
        ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
      });
      expect(status, text).toBeLessThan(500);
    }),
    { numRuns: hasBody ? 40 : 20 },
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
  async feature_not_granted() {
    return tryAcquire(await givenLicense(api), { features: ['sso'] });
  },
  async license_file_not_allowed() {
    return askCheckOut(await givenLicense(api, { policy: { licenseFiles: null } }));
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
