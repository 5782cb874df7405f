import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOpenApiDocument } from '../../api/openapi.ts';
import type { Operation } from '../../api/operation.ts';
import { operations } from '../../api/routes.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import { problemOf, revoke } from '../support/given.ts';

const api = await startTestApi();
const world = await givenWorld(api);
const withBody = operations.filter(({ body }) => body !== undefined);
const withId = operations.filter(({ path }) => path.includes('{id}'));

function send(operation: Operation, body: unknown, headers?: Record<string, string>) {
  const { method, path, ...how } = requestFor(operation, world);
  return api.request(method, path, { ...how, body, ...(headers === undefined ? {} : { headers }) });
}

function sampleBody(operation: Operation): Record<string, unknown> {
  return requestFor(operation, world).body ?? {};
}

test.each(withBody)('$id refuses a member that it does not know', async (operation) => {
  const answer = await send(operation, { ...sampleBody(operation), seatz: 1 });
  expect(answer.status).toBe(422);
  expect(problemOf(answer)).toMatchObject({ code: 'invalid_request', conclusive: true });
  expect(JSON.stringify(problemOf(answer).errors)).toContain('seatz');
});

test.each(withBody)('$id refuses what is not a JSON object', async (operation) => {
  for (const body of ['[]', '"text"', '1', 'null', '{"half', '\u0000', '{"a":1}{"b":2}']) {
    const { status } = await send(operation, body);
    expect({ body, status }).toEqual({ body, status: 422 });
  }
});

test.each(withBody)('$id refuses a body that is larger than 64 kB', async (operation) => {
  const large = JSON.stringify({ ...sampleBody(operation), filler: 'x'.repeat(65_536) });
  const answers = [
    await send(operation, large),
    await send(operation, new Uint8Array(gzipSync(large)), { 'content-encoding': 'gzip' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([422, 422]);
  expect(problemOf(answers[1] as Answer).detail).toContain('64kb');
});

test.each(withBody)('$id refuses a body that is not packed as it says', async (operation) => {
  for (const encoding of ['gzip', 'unheard-of']) {
    const { status } = await send(operation, '{}', { 'content-encoding': encoding });
    expect({ encoding, status }).toEqual({ encoding, status: 422 });
  }
});

test('a body may be left out exactly where the document says so', async () => {
  const { paths = {} } = createOpenApiDocument('http://127.0.0.1:8080');
  const spare = await givenWorld(api);
  for (const operation of withBody) {
    const { body: _sample, method, path, ...how } = requestFor(operation, spare);
    const described = paths[operation.path]?.[operation.method]?.requestBody;
    const isRequired = described !== undefined && 'required' in described && described.required;
    const { status } = await api.request(method, path, how);
    expect({ id: operation.id, isRefused: status === 422 }).toEqual({
      id: operation.id,
      isRefused: isRequired,
    });
  }
});

test('a change that names nothing is refused, and the document says so', async () => {
  const [change] = operations.filter(({ id }) => id === 'changeLicense');
  expect((await send(change as Operation, {})).status).toBe(422);
  const { components } = createOpenApiDocument('http://127.0.0.1:8080');
  expect(components?.schemas?.['ChangeLicenseRequest']).toMatchObject({ minProperties: 1 });
});

test('a name is kept without the blanks around it, and what the document allows is one', async () => {
  const post = (name: string) => api.asOperator('POST', '/v1/tenants', { body: { name } });
  expect((await post(' \u3000Ana  Ltd ')).body).toMatchObject({ name: 'Ana  Ltd' });
  const { components } = createOpenApiDocument('http://127.0.0.1:8080');
  const { properties } = components?.schemas?.['CreateTenantRequest'] as {
    properties: { name: { pattern: string; maxLength: number } };
  };
  const { pattern, maxLength } = properties.name;
  for (const name of [' ', '\u00a0\u2028', '\t', 'a\n', '\u007f', 'a', ' a ', '\ufeff', '\ud800']) {
    const isAllowed = new RegExp(pattern, 'u').test(name);
    expect({ name, status: (await post(name)).status }).toEqual({
      name,
      status: isAllowed ? 201 : 422,
    });
  }
  expect((await post(`${'a'.repeat(maxLength)} `)).status).toBe(422);
});

test.each(withId)('$id finds nothing under an id that cannot be one', async (operation) => {
  const { method, path, ...how } = requestFor(operation, world);
  for (const id of ['x', 'lic_short', '%00', '%E0%A4%A', '..%2f..', 'ses_' + 'z'.repeat(26)]) {
    const { status } = await api.request(method, path.replace(/[a-z]{3}_[0-9a-z]{26}/, id), how);
    expect({ id, status }).toEqual({ id, status: 404 });
  }
});

test('every fault of a body is told at once, each with its path', async () => {
  const body = { productId: 'prd', planId: 7, seats: 0.5, expiresAt: 'soon', metadata: [] };
  const answer = await api.asOperator('POST', '/v1/licenses', {
    tenantId: world.license.tenantId,
    body,
  });
  const { errors = [], detail } = problemOf(answer);
  const paths = [...new Set(errors.map(({ path }) => path))].sort();
  expect(paths).toEqual(['expiresAt', 'metadata', 'planId', 'productId', 'seats']);
  expect(detail).toMatch(/^The request has 5 faults: /);
});

test.each(operations.filter(({ query }) => query !== undefined))(
  '$id refuses a query that it does not know',
  async (operation) => {
    const { method, path, ...how } = requestFor(operation, world);
    const queries = [
      'seatz=1',
      'limit=0',
      'limit=101',
      'limit=x',
      'cursor=%00',
      'wait=26',
      'wait=1e9',
    ];
    for (const query of queries) {
      const answer = await api.request(method, `${path}?${query}`, how);
      expect({ query, status: answer.status }).toEqual({ query, status: 422 });
      expect(problemOf(answer).errors?.[0]?.path).toMatch(/^query/);
    }
  },
);

/** Values that stores, JSON or JavaScript have trouble with. */
const awkward = fc.oneof(
  fc.constantFrom<unknown>(
    ...['', ' ', '\u0000', 'a\u0000b', '\ud800', '\u001b[2J', '\u202e', '😀'.repeat(60)],
    ...['__proto__', 'constructor', "'; drop table sessions; --", '\\u0000', 'NaN', '\n'],
    ...[0, -1, 1e308, 2 ** 53, -0, 0.1, null, true, [], {}, [[]], { toString: 1 }],
  ),
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.jsonValue({ maxDepth: 2 }),
);

test.each(withBody.filter(({ id }) => id !== 'revokeLicense'))(
  '$id meets no value with a fault of its own',
  async (operation) => {
    const sample = sampleBody(operation);
    const members = [...Object.keys(sample), 'metadata', 'overrides', 'policy', 'device'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...members), awkward, async (member, value) => {
        const key = typeof value === 'string' ? value : member;
        const nested = { [member]: value, metadata: { [key]: value } };
        for (const change of [{ [member]: value }, nested, { device: { fingerprint: value } }]) {
          const answer = await send(operation, { ...sample, ...change });
          expect(answer.status, answer.text).toBeLessThan(500);
        }
      }),
      { numRuns: 25 },
    );
  },
);

test('a license that was revoked answers the same faults', async () => {
  await revoke(world.license);
  const { status } = await api.asOperator('PATCH', `/v1/licenses/${world.license.licenseId}`, {
    body: {},
  });
  expect(status).toBe(422);
});
