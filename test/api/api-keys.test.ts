import { expect, test } from 'vitest';
import { newId } from '../../platform/ids.ts';
import { startTestApi } from '../support/api.ts';
import { givenTenant, problemOf } from '../support/given.ts';

const api = await startTestApi();
const tenantId = await givenTenant(api);

async function make(body: Record<string, unknown> = { name: 'CI' }) {
  const answer = await api.asOperator('POST', '/v1/api-keys', { tenantId, body });
  expect(answer.status).toBe(201);
  return answer.body as { apiKey: { id: string; scopes: string[] }; secret: string };
}

test('a key works at once, until it is revoked', async () => {
  const { apiKey, secret } = await make();
  expect(apiKey).toMatchObject({
    tenantId,
    scopes: ['licenses:read', 'licenses:write', 'sessions:read', 'sessions:write'],
  });
  expect(secret).toMatch(/^lht_[\w-]{43}_[\w-]{6}$/);
  const use = () => api.request('GET', '/v1/licenses', { authorization: `Bearer ${secret}` });
  expect((await use()).status).toBe(200);
  for (let time = 0; time < 2; time += 1) {
    expect((await api.asOperator('DELETE', `/v1/api-keys/${apiKey.id}`)).status).toBe(204);
  }
  expect((await use()).status).toBe(401);
});

test('its secret is stored as a hash only', async () => {
  const { secret } = await make();
  const rows = await api.deps.systemDb.selectFrom('credentials').selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(secret.slice(4, 47));
});

test('scopes are those that exist', async () => {
  expect((await make({ name: 'r', scopes: ['sessions:read'] })).apiKey.scopes).toEqual([
    'sessions:read',
  ]);
  for (const scopes of [[], ['everything'], 'sessions:read']) {
    const body = { name: 'x', scopes };
    const answer = await api.asOperator('POST', '/v1/api-keys', { tenantId, body });
    expect(answer.status).toBe(422);
    expect(problemOf(answer).errors?.[0]?.path).toMatch(/^scopes/);
  }
});

test('a key that does not exist is not found, nor is the key of a license or an operator', async () => {
  expect((await api.asOperator('DELETE', `/v1/api-keys/${newId('key')}`)).status).toBe(404);
  const others = await api.deps.systemDb
    .selectFrom('credentials')
    .select('id')
    .where('kind', '!=', 'api_key')
    .execute();
  for (const { id } of others) {
    expect((await api.asOperator('DELETE', `/v1/api-keys/${id}`)).status).toBe(404);
  }
  expect(others.length).toBeGreaterThan(0);
});

test('a tenant that does not exist gets none', async () => {
  const how = { tenantId: newId('ten'), body: { name: 'x' } };
  expect((await api.asOperator('POST', '/v1/api-keys', how)).status).toBe(404);
});
