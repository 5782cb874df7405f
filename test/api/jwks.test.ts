import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { newId } from '../../platform/ids.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { startTestKms } from '../support/kms.ts';

const kms = await startTestKms();
const api = await startTestApi({ kms });
const { deps } = api;

/** As a process that has not been asked yet sees it. */
async function keySetOf(one: TestApi): Promise<JSONWebKeySet> {
  const { status, body, headers } = await one.request('GET', '/.well-known/jwks.json');
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=3600']);
  return body as JSONWebKeySet;
}

const beside = () => startTestApi({ database: api.database, redis: api.redis });

test('a plain library verifies certificate and token with it', async () => {
  const keys = createLocalJWKSet(await keySetOf(api));
  const answer = await api.request('GET', `/v1/sessions/${newId('ses')}`);
  const { denial = '', certificate = '' } = answer.body as Record<string, string>;
  expect(decodeProtectedHeader(certificate)).toMatchObject({ kid: 'root-1', alg: 'PS256' });
  await jwtVerify(certificate, keys, { typ: 'lic-delegate+jwt' });
  await jwtVerify(denial, keys, { typ: 'lic-denial+jwt', issuer: deps.signing.issuer });
});

test('it holds public halves and what tells them apart, and nothing else', async () => {
  const { keys } = await keySetOf(api);
  const delegate = deps.delegate.current()?.signer.kid;
  expect(keys.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
    ['root-1', 'PS256', 'sig'],
    [delegate, 'Ed25519', 'sig'],
  ]);
  expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([
    ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
  ]);
});

test('a delegate is in it for as long as its tokens may be believed, and no longer', async () => {
  const day = 86_400;
  const now = Math.floor(Date.now() / 1_000);
  const { kid: withdrawn } = await renewDelegate(deps, { isForced: true });
  const change = { revokedAt: new Date(), revokedWhy: 'Test' };
  await deps.systemDb.updateTable('delegates').set(change).where('kid', '=', withdrawn).execute();
  const { kid: late } = await renewDelegate(deps, { at: now - 8 * day, isForced: true });
  const { kid: over } = await renewDelegate(deps, { at: now - 10 * day, isForced: true });
  const { keys } = await keySetOf(await beside());
  const kids = keys.map(({ kid }) => kid);
  expect(kids).toContain(late);
  expect(kids).not.toContain(over);
  expect(kids).not.toContain(withdrawn);
});

test('a root that was retired is in it, one that was revoked is not', async () => {
  const retired = { state: 'retired', retiredAt: new Date() } as const;
  await deps.systemDb.updateTable('rootKeys').set(retired).execute();
  const before = await keySetOf(await beside());
  expect(before.keys.some(({ kid }) => kid === 'root-1')).toBe(true);
  const revoked = { state: 'revoked', revokedAt: new Date() } as const;
  await deps.systemDb.updateTable('rootKeys').set(revoked).execute();
  const { keys } = await keySetOf(await beside());
  expect(keys.some(({ kid }) => kid === 'root-1')).toBe(false);
});

test('however many ask, Postgres is asked once in a while, and need not be there', async () => {
  const other = await beside();
  await keySetOf(other);
  await other.deps.db.destroy();
  const sets = await Promise.all(Array.from({ length: 50 }, () => keySetOf(other)));
  expect(sets.every(({ keys }) => keys.length > 0)).toBe(true);
});
