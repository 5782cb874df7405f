import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { operations } from '../../api/routes.ts';
import type { CredentialClass } from '../../api/middleware/authenticate.ts';
import { licenseKeyFrom } from '../../domain/license-key.ts';
import { newId } from '../../platform/ids.ts';
import { hashApiKey, makeApiKey } from '../../signing/keys.ts';
import { startTestApi, type Answer } from '../support/api.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import { givenApiKey } from '../support/given.ts';

const api = await startTestApi();
const world = await givenWorld(api);
const locked = operations.filter(({ credential }) => credential !== 'none');

const unknownLicenseKey = licenseKeyFrom(new Uint8Array(26).fill(7));
const revokedKey = await givenRevokedKey();

/** Whatever is wrong with a credential, a stranger learns the same: nothing. */
const wrong: Record<string, string | undefined> = {
  'no header': undefined,
  'an empty header': '',
  'a scheme without a credential': 'Bearer',
  'another scheme': `Basic ${Buffer.from('a:b').toString('base64')}`,
  'a key under the wrong scheme': `License ${world.apiKey}`,
  'a license key as a bearer': `Bearer ${world.license.licenseKey}`,
  'a license key with a typing error': `License ${world.license.licenseKey.slice(0, -1)}!`,
  'an unknown license key': `License ${unknownLicenseKey}`,
  'an unknown API key': `Bearer ${makeApiKey('lht_')}`,
  'an unknown operator key': `Bearer ${makeApiKey('lho_')}`,
  'a key with a wrong checksum': `Bearer ${world.apiKey.slice(0, -6)}000000`,
  'a revoked API key': `Bearer ${revokedKey}`,
  'a session credential of another server': `Bearer lhs_t1.${Buffer.from('["a"]').toString('base64url')}.AAAA`,
  'a session credential cut short': `Bearer ${world.session.credential.slice(0, -1)}`,
  'a session credential of an unknown key': `Bearer ${world.session.credential.replace(/^lhs_\w+/, 'lhs_zz')}`,
  'a session credential with another session in it': `Bearer ${forgedSession()}`,
  'a session credential with one more part': `Bearer ${world.session.credential}.x`,
  'a session credential whose prefix has another case': `Bearer ${world.session.credential.replace('lhs_', 'LHS_')}`,
  'a key that has expired': `Bearer ${await givenExpiredKey()}`,
  'a key in other letters': `Bearer ${world.apiKey.toUpperCase()}`,
  'a key cut short': `Bearer ${world.apiKey.slice(0, -1)}`,
  'a key of letters that are no ASCII': `Bearer ${world.apiKey.slice(0, -1)}\u00e9`,
  'blanks instead of a key': 'Bearer     ',
  'two schemes': `Bearer License ${world.license.licenseKey}`,
  'two keys': `Bearer ${world.apiKey}, Bearer ${world.apiKey}`,
  'a header of 10 kB': `Bearer ${'x'.repeat(10_000)}`,
};

test.each(locked)('$id answers every stranger with one body', async (operation) => {
  const { method, path, ...how } = requestFor(operation, world);
  const answers: Answer[] = [];
  for (const authorization of Object.values(wrong)) {
    answers.push(await api.request(method, path, { ...how, authorization }));
  }
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
  expect(new Set(answers.map(withoutRequestId)).size).toBe(1);
  expect(answers[0]?.headers.get('www-authenticate')).toBe('Bearer, License');
});

test.each(locked)('$id looks at nothing that a stranger sends', async (operation) => {
  const { method, path } = requestFor(operation, world);
  const plain = await api.request(method, path);
  const bodies =
    method === 'GET' ? [] : ['{"half', JSON.stringify({ unknown: 'x'.repeat(99_000) })];
  for (const body of bodies) {
    const answer = await api.request(method, path, { body });
    expect(withoutRequestId(answer)).toBe(withoutRequestId(plain));
  }
  const answer = await api.request(method, `${path}?unknown=1&limit=x`);
  expect(withoutRequestId(answer)).toBe(withoutRequestId(plain));
});

test.each(locked)('$id takes no credential of another class', async (operation) => {
  const { method, path, authorization: own, ...how } = requestFor(operation, world);
  const keys: Record<CredentialClass, string> = {
    none: '',
    license_key: `License ${world.license.licenseKey}`,
    session: `Bearer ${world.session.credential}`,
    tenant: `Bearer ${world.apiKey}`,
    operator: `Bearer ${api.operatorKey}`,
  };
  for (const [credential, authorization] of Object.entries(keys)) {
    if (authorization === own) continue;
    if (operation.credential === 'tenant' && credential === 'operator') continue;
    const { status } = await api.request(method, path, { ...how, authorization });
    const isKnownTenant = operation.credential === 'operator' && credential === 'tenant';
    expect({ credential, status }).toEqual({ credential, status: isKnownTenant ? 403 : 401 });
  }
});

test('a tenant key opens only what its scopes name', async () => {
  const { license, session } = world;
  const authorization = `Bearer ${await givenApiKey(api, license.tenantId, ['sessions:read'])}`;
  const read = await api.request('GET', `/v1/sessions/${session.id}/history`, { authorization });
  const list = await api.request('GET', '/v1/licenses', { authorization });
  const force = await api.request('POST', `/v1/sessions/${session.id}/force-release`, {
    authorization,
    body: { reason: 'x' },
  });
  expect([read.status, list.status, force.status]).toEqual([200, 403, 403]);
});

test('an operator who names no tenant on the tenant surface is asked to', async () => {
  const answer = await api.asOperator('GET', '/v1/licenses');
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  expect(answer.text).toContain('Leasehold-Tenant');
});

/** The mac of one session's credential under the claims of another. */
function forgedSession(): string {
  const [head = '', , mac = ''] = world.session.credential.split('.');
  const { tenantId, licenseId } = world.license;
  const claims = [tenantId, licenseId, newId('ses'), world.session.instanceKey, 'default'];
  return `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${mac}`;
}

async function givenExpiredKey(): Promise<string> {
  const secret = await givenApiKey(api, world.license.tenantId);
  await api.deps.systemDb
    .updateTable('credentials')
    .set({ expiresAt: new Date(0) })
    .where('hash', '=', hashApiKey('lht_', secret) ?? Buffer.alloc(0))
    .execute();
  return secret;
}

/** The status line of an answer to a request that no ordinary client would send. */
async function sendRaw(lines: string[]): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().split('\r\n', 1)[0] ?? '';
}

test.each([
  ['a header of 1 MB', [`Authorization: Bearer ${'x'.repeat(1_000_000)}`], 431],
  ['a NUL in the header', ['Authorization: Bearer lht_\u0000'], 400],
  ['two headers', ['Authorization: Bearer x', `Authorization: Bearer ${world.apiKey}`], 401],
  ['a header that is folded', ['Authorization:', ` Bearer ${world.apiKey}`], 400],
])('%s opens nothing', async (_what, headers, status) => {
  const line = await sendRaw(['GET /v1/licenses HTTP/1.1', 'Host: x', ...headers]);
  expect(line).toContain(`HTTP/1.1 ${String(status)} `);
});

async function givenRevokedKey(): Promise<string> {
  const { tenantId } = world.license;
  const made = await api.asOperator('POST', '/v1/api-keys', { tenantId, body: { name: 'Old' } });
  const { apiKey, secret } = made.body as { apiKey: { id: string }; secret: string };
  await api.asOperator('DELETE', `/v1/api-keys/${apiKey.id}`);
  return secret;
}

function withoutRequestId({ text }: Answer): string {
  return text.replace(/req_\w{26}/, '');
}
