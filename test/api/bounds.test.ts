import { connect } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createHttpServer, httpLimits } from '../../api/http-server.ts';
import { createOpenApiDocument } from '../../api/openapi.ts';
import { operations } from '../../api/routes.ts';

const document = createOpenApiDocument('http://127.0.0.1:8080');

/** As much of JSON Schema as the document uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: Schema;
  maxProperties?: number;
  properties?: Record<string, Schema>;
  propertyNames?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** Every place where a caller may send more than some bound, by its path. */
function unbounded(schema: Schema, path: string): string[] {
  if (schema.$ref !== undefined) return unbounded(resolve(schema.$ref), path);
  if (schema.const !== undefined || schema.enum !== undefined) return [];
  const inner = [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
      unbounded(member, `${path}.${name}`),
    ),
    ...(['anyOf', 'oneOf', 'allOf'] as const).flatMap((kind) =>
      (schema[kind] ?? []).flatMap((one) => unbounded(one, path)),
    ),
    ...(schema.items === undefined ? [] : unbounded(schema.items, `${path}[]`)),
    ...(schema.propertyNames === undefined ? [] : unbounded(schema.propertyNames, `${path}{}`)),
    ...(typeof schema.additionalProperties === 'object'
      ? unbounded(schema.additionalProperties, `${path}{}`)
      : []),
  ];
  const types = [schema.type ?? []].flat();
  return [
    ...inner,
    ...types.filter((type) => !isBounded(type, schema)).map((type) => `${path}: ${type}`),
  ];
}

function isBounded(type: string, schema: Schema): boolean {
  switch (type) {
    case 'string':
      return schema.maxLength !== undefined || isBoundedPattern(schema.pattern ?? '');
    case 'number':
    case 'integer':
      return schema.minimum !== undefined && schema.maximum !== undefined;
    case 'array':
      return schema.maxItems !== undefined;
    case 'object':
      return schema.additionalProperties === false || schema.maxProperties !== undefined;
    default:
      return true;
  }
}

/** Anchored at both ends, and nothing in it repeats without end. */
function isBoundedPattern(pattern: string): boolean {
  const outsideClasses = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  return /^\^.*\$$/.test(pattern) && !/[*+]|,\}/.test(outsideClasses);
}

function resolve(ref: string): Schema {
  const name = ref.slice('#/components/schemas/'.length);
  return (document.components?.schemas ?? {})[name] as Schema;
}

/** Nothing is refused for a header that means nothing when it is long; Node bounds all headers together. */
const ignoredWhenLong = 'Leasehold-Nonce';

test.each(operations)('$id takes nothing without an end', ({ path, method }) => {
  const described = document.paths?.[path]?.[method];
  const parameters = (described?.parameters ?? []) as { name: string; schema: Schema }[];
  const body = described?.requestBody as
    { content: { 'application/json': { schema: Schema } } } | undefined;
  const faults = [
    ...parameters
      .filter(({ name }) => name !== ignoredWhenLong)
      .flatMap(({ name, schema }) => unbounded(schema, name)),
    ...(body === undefined ? [] : unbounded(body.content['application/json'].schema, 'body')),
  ];
  expect(faults).toEqual([]);
});

test.each<[string, Schema]>([
  ['a text', { type: 'string' }],
  ['a text of a pattern that repeats', { type: 'string', pattern: '^a+$' }],
  ['a text of a pattern with an open end', { type: 'string', pattern: '^a' }],
  ['a number', { type: 'number', minimum: 0 }],
  ['a list', { type: 'array', items: { type: 'boolean' } }],
  ['a record', { type: 'object', additionalProperties: { type: 'boolean' } }],
  ['a text within', { anyOf: [{ type: 'array', maxItems: 1, items: { type: 'string' } }] }],
  ['a text or null', { type: ['string', 'null'] }],
])('%s without an end is noticed', (_what, schema) => {
  expect(unbounded(schema, 'x')).toHaveLength(1);
});

test('a connection that sends half a request is ended, headers or body', async () => {
  const limits = { ...httpLimits, headersMs: 50, requestMs: 100, lookMs: 10 };
  const server = createHttpServer((request, response) => {
    request.resume().once('end', () => response.end());
  }, limits);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const heads = [
    'GET / HTTP/1.1\r\nHost: x\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf',
  ];
  for (const head of heads) {
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /);
    socket.destroy();
  }
  server.close();
});

test('a connection that falls silent is ended', async () => {
  const server = createHttpServer(() => undefined, { ...httpLimits, silenceMs: 50 });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket.resume(), 'close');
  server.close();
});
