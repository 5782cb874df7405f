import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { createsOnce, type Operation } from '../../api/operation.ts';
import { operations } from '../../api/routes.ts';
import { startTestApi, type Answer, type RequestOptions } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import { givenApiKey, givenTenant, problemOf, succeed } from '../support/given.ts';

const api = await startTestApi();
const world = await givenWorld(api);
const creating = operations.filter(createsOnce);
const admin = new Client({ connectionString: api.database.adminUrl });
await admin.connect();
afterAll(() => admin.end());
let keys = 0;

const newKey = () => `test-${String((keys += 1))}`;

/** Requests of one operation that are the same but for what is said. */
function requestsFor(operation: Operation) {
  const { method, path, ...how } = requestFor(operation, world);
  return (idempotencyKey: string, changes: RequestOptions = {}): Promise<Answer> =>
    api.request(method, path, {
      ...how,
      ...changes,
      headers: { 'idempotency-key': idempotencyKey },
    });
}

/** Everything that was ever created is in the audit log. */
async function acts(): Promise<number> {
  const { rows } = await admin.query<{ count: string }>('select count(*) from audit_log');
  return Number(rows[0]?.count);
}

const createApiKey = operations.find(({ id }) => id === 'createApiKey') as Operation;

test('every operation that creates something for a tenant or the vendor takes a key', () => {
  expect(creating.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      ...['issueLicense', 'createTenant', 'createProduct', 'createPlan', 'createApiKey'],
    ]),
  );
});

test.each(creating)('$id answers the same key with the same answer, once', async (operation) => {
  const send = requestsFor(operation);
  const key = newKey();
  const before = await acts();
  const first = await send(key);
  const again = [await send(key), await send(key)];
  expect(first.status).toBe(201);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  for (const answer of again) {
    expect(answer).toMatchObject({ status: 201, text: first.text });
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  }
  expect(await acts()).toBe(before + 1);
});

test.each(creating)('$id refuses a key that came with another body', async (operation) => {
  const send = requestsFor(operation);
  const key = newKey();
  succeed(await send(key));
  const before = await acts();
  const { body = {} } = requestFor(operation, world);
  const changes = { name: 'Another', overlapHours: 2, seats: 2, reason: 'Another' };
  const changed = Object.entries(changes).find(([name]) => name in body) ?? ['seats', 2];
  const answer = await send(key, { body: { ...body, [changed[0]]: changed[1] } });
  expect(problemOf(answer)).toMatchObject({ status: 422, code: 'idempotency_mismatch' });
  expect(await acts()).toBe(before);
});

test.each(creating)(
  '$id leaves nothing behind when it dies before its commit',
  async (operation) => {
    const send = requestsFor(operation);
    const key = newKey();
    const before = await acts();
    const stop = api.whenReached('idempotency:answer-kept', () => {
      throw new Error('died here');
    });
    expect((await send(key)).status).toBe(500);
    stop();
    expect(await acts()).toBe(before);
    expect((await send(key)).headers.get('idempotency-replayed')).toBeNull();
    expect(await acts()).toBe(before + 1);
  },
);

test('while the first is worked on a repetition is asked to come back, then gets its answer', async () => {
  const send = requestsFor(createApiKey);
  const key = newKey();
  await admin.query('begin; lock table audit_log in exclusive mode');
  const first = send(key);
  await eventually(async () => {
    const { rowCount } = await admin.query(
      `select 1 from pg_locks where relation = 'audit_log'::regclass and not granted`,
    );
    return rowCount === 1;
  });
  const meanwhile = await send(key);
  await admin.query('rollback');
  expect(problemOf(meanwhile)).toMatchObject({
    ...{ status: 409, code: 'idempotency_in_flight', conclusive: false, retryable: true },
  });
  expect(Number(meanwhile.headers.get('retry-after'))).toBeGreaterThan(0);
  const { text } = await first;
  expect(await send(key)).toMatchObject({ status: 201, text });
});

test('of many at the same time one creates, and no two answers differ', async () => {
  const send = requestsFor(createApiKey);
  const key = newKey();
  const before = await acts();
  const answers = await Promise.all(Array.from({ length: 20 }, () => send(key)));
  const texts = answers.filter(({ status }) => status === 201).map(({ text }) => text);
  expect(new Set(texts).size).toBe(1);
  expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
  expect(await acts()).toBe(before + 1);
});

test('a key belongs to one tenant, one credential and one operation', async () => {
  const key = newKey();
  const other = await givenTenant(api);
  const body = { name: 'Same' };
  const headers = { 'idempotency-key': key };
  const own = { tenantId: world.license.tenantId, body, headers };
  const answers = [
    await api.asOperator('POST', '/v1/api-keys', own),
    await api.asOperator('POST', '/v1/api-keys', { ...own, tenantId: other }),
    await api.asOperator('POST', '/v1/tenants', own),
  ];
  const second = await startTestApi({ database: api.database, redis: api.redis });
  answers.push(await second.asOperator('POST', '/v1/api-keys', own));
  expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual(
    answers.map(() => null),
  );
  expect(new Set(answers.map(({ text }) => text)).size).toBe(4);
  // Any process answers what another one answered.
  const authorization = `Bearer ${api.operatorKey}`;
  const repeated = await second.request('POST', '/v1/api-keys', { ...own, authorization });
  expect(repeated.text).toBe(answers[0]?.text);
});

test('a key is forgotten after a day, and what is over is cleared away bit by bit', async () => {
  const send = requestsFor(createApiKey);
  const key = newKey();
  const first = await send(key);
  await admin.query(`update idempotency_keys set expires_at = now() - interval '1 second'`);
  await admin.query(`
    insert into idempotency_keys (id, request_mac, answer, expires_at)
    select 'old-' || n, '', '', now() - interval '1 day' from generate_series(1, 120) n`);
  const later = await send(key);
  expect(later).toMatchObject({ status: 201 });
  expect(later.text).not.toBe(first.text);
  const left = async () =>
    (await admin.query(`select 1 from idempotency_keys where expires_at < now()`)).rowCount ?? 0;
  const before = await left();
  await send(newKey());
  expect(await left()).toBe(before - 50);
});

test('the database holds no secret that was answered', async () => {
  const answer = await requestsFor(createApiKey)(newKey());
  const { secret } = answer.body as { secret: string };
  const { rows } = await admin.query<{ answer: Buffer; everything: string }>(
    'select answer, row_to_json(k)::text as everything from idempotency_keys k',
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const { answer: sealed, everything } of rows) {
    expect(sealed.includes(secret.slice(4, 20))).toBe(false);
    expect(everything).not.toContain(secret.slice(4, 20));
  }
});

test('a refusal is not kept: nothing was done', async () => {
  const body = { code: 'taken', name: 'Product' };
  const send = () =>
    api.asOperator('POST', '/v1/products', { body, headers: { 'idempotency-key': 'refused' } });
  succeed(await api.asOperator('POST', '/v1/products', { body }));
  expect([(await send()).status, (await send()).status]).toEqual([409, 409]);
  await admin.query(`delete from products where code = 'taken'`);
  expect((await send()).status).toBe(201);
});

test('a key that cannot be one is refused; without one everything is created anew', async () => {
  const send = requestsFor(createApiKey);
  for (const key of ['', 'x'.repeat(256), 'ü']) {
    const answer = await send(key);
    expect(problemOf(answer)).toMatchObject({ status: 422, code: 'invalid_request' });
  }
  const { method, path, ...how } = requestFor(createApiKey, world);
  const answers = [await api.request(method, path, how), await api.request(method, path, how)];
  expect(answers[0]?.text).not.toBe(answers[1]?.text);
});

test('operations that are idempotent by themselves take no notice of a key', async () => {
  const { tenantId, licenseId } = world.license;
  const path = `/v1/licenses/${licenseId}/suspend`;
  const headers = { 'idempotency-key': newKey() };
  for (const reason of ['One', 'Two']) {
    succeed(await api.asOperator('POST', path, { tenantId, body: { reason }, headers }));
  }
  const authorization = `Bearer ${await givenApiKey(api, tenantId)}`;
  succeed(await api.request('GET', '/v1/licenses', { authorization, headers }));
});
