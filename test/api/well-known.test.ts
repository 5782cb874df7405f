import { expect, test } from 'vitest';
import { insertRevocationList } from '../../data/revocation-lists.ts';
import { insertRootList } from '../../data/roots.ts';
import type { FollowedLists } from '../../services/follow-lists.ts';
import { startTestApi } from '../support/api.ts';
import { acquire, acquireBody, givenLicense, tryHeartbeat } from '../support/given.ts';
import { givenRootRow } from '../support/signing-rows.ts';

const api = await startTestApi();
const db = api.deps.systemDb;
const lists = api.deps.lists as FollowedLists;
const rootKid = await givenRootRow(db, 1, 'active');
const path = '/.well-known/revocations';

async function publish(seq: number): Promise<void> {
  const nextUpdate = new Date(Date.now() + 86_400_000);
  const token = `token-${seq}`;
  await insertRevocationList(db, { seq, rootKid, token, nextUpdate, createdAt: new Date() });
  await lists.refresh();
}

test('before the first list its number is 0', async () => {
  expect((await api.request('GET', path)).body).toEqual({ seq: 0, revocations: null });
});

test('the newest list is for everybody, for a minute', async () => {
  await publish(1);
  await publish(2);
  const answer = await api.request('GET', path);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ seq: 2, revocations: 'token-2' });
  expect(answer.headers.get('cache-control')).toBe('public, max-age=60');
});

test('whoever has the list is not sent it again', async () => {
  const { headers } = await api.request('GET', path);
  const tag = headers.get('etag') ?? '';
  for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
    const answer = await api.request('GET', path, { headers: { 'If-None-Match': known } });
    expect(answer).toMatchObject({ status: 304, text: '' });
    expect(answer.headers.get('etag')).toBe(tag);
  }
  await publish(3);
  const newer = await api.request('GET', path, { headers: { 'If-None-Match': tag } });
  expect(newer.body).toMatchObject({ seq: 3 });
});

test('the key set carries the lists of roots, the oldest first', async () => {
  for (const seq of [1, 2]) {
    const list = { seq, rootKid, kids: [rootKid], token: `roots-${seq}`, createdAt: new Date() };
    await insertRootList(db, list);
  }
  await lists.refresh();
  const { body } = await api.request('GET', '/.well-known/jwks.json');
  expect(body).toMatchObject({ roots: ['roots-1', 'roots-2'] });
});

test('acquire and every heartbeat tell the number of the newest list', async () => {
  const license = await givenLicense(api);
  const body = acquireBody(license);
  const authorization = `License ${license.licenseKey}`;
  const acquired = await api.request('POST', '/v1/sessions', { authorization, body });
  expect(acquired.body).toMatchObject({ revocationSeq: 3 });
  const session = await acquire(license);
  await publish(4);
  expect((await tryHeartbeat(session)).body).toMatchObject({ revocationSeq: 4 });
});

test('the copy of a process never gets older, and outlives Postgres', async () => {
  expect(lists.revocations()?.seq).toBe(4);
  await api.deps.db.destroy();
  await expect(lists.refresh()).rejects.toThrow();
  expect((await api.request('GET', path)).body).toMatchObject({ seq: 4 });
});
