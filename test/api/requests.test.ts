import { request as rawRequest } from 'node:http';
import { expect, test } from 'vitest';
import { operations } from '../../api/routes.ts';
import { startTestApi } from '../support/api.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import { acquire, givenLicense, problemOf, succeed, tryHeartbeat } from '../support/given.ts';

const api = await startTestApi();

test('every operation has a request that succeeds', async () => {
  for (const operation of operations) {
    const { method, path, ...how } = requestFor(operation, await givenWorld(api));
    const answer = await api.request(method, path, how);
    expect({ id: operation.id, body: answer.text, ok: answer.status < 300 }).toMatchObject({
      id: operation.id,
      ok: true,
    });
    const isPublished = path.startsWith('/.well-known/');
    const kept = isPublished ? /^public, max-age=\d+$/ : /^no-store$/;
    expect(answer.headers.get('cache-control'), path).toMatch(kept);
  }
});

test('each path answers another method with 405 and the methods that it takes', async () => {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const taken = operations
      .filter((operation) => operation.path === path)
      .map(({ method }) => method.toUpperCase());
    for (const method of methods.filter((name) => !taken.includes(name))) {
      const answer = await api.request(method, path.replace('{id}', 'x'));
      if (answer.status === 401) continue; // `validate` is also an id that no license has.
      expect({ method, path, status: answer.status }).toEqual({ method, path, status: 405 });
      expect(answer.headers.get('allow')).toBe(taken.join(', '));
      expect(problemOf(answer).code).toBe('method_not_allowed');
    }
  }
});

test('an unknown path says where the reference is', async () => {
  for (const path of [
    '/',
    '/v1',
    '/v2/sessions',
    '/v1/session',
    '/v1/sessions/a/b/c',
    '/%E0%A4%A',
  ]) {
    const answer = await api.request('GET', path);
    expect({ path, status: answer.status }).toEqual({ path, status: 404 });
    expect(problemOf(answer).detail).toContain('/docs');
  }
});

test('each request has an id of its own, whatever the client sends', async () => {
  const headers = { 'x-request-id': 'mine' };
  const answers = await Promise.all(
    [1, 2].map(() => api.request('GET', '/health/live', { headers })),
  );
  const ids = answers.map((answer) => answer.headers.get('x-request-id'));
  expect(new Set(ids).size).toBe(2);
  expect(ids).not.toContain('mine');
});

test('the body may come without a content type, or with none at all', async () => {
  const session = await acquire(await givenLicense(api));
  const authorization = `Bearer ${session.credential}`;
  const path = `/v1/sessions/${session.id}/heartbeat`;
  const headers = { 'content-type': 'text/plain' };
  expect((await api.request('POST', path, { authorization, body: '{}', headers })).status).toBe(
    200,
  );
  expect((await api.request('POST', path, { authorization })).status).toBe(200);
});

test('tells browsers and proxies nothing about the server and lets them keep nothing', async () => {
  const answer = await tryHeartbeat(await acquire(await givenLicense(api)));
  succeed(answer);
  expect(answer.headers.get('x-powered-by')).toBeNull();
  expect(answer.headers.get('etag')).toBeNull();
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'strict-transport-security': expect.stringContaining('max-age=') as string,
    'cache-control': 'no-store',
  });
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('a client that goes away in the middle of its body harms nobody', async () => {
  const { licenseKey } = await givenLicense(api);
  for (let count = 0; count < 20; count += 1) {
    await new Promise<void>((resolve) => {
      const call = rawRequest(`${api.url}/v1/sessions`, {
        method: 'POST',
        headers: { authorization: `License ${licenseKey}`, 'content-length': '1000' },
      });
      call.on('error', () => {
        resolve();
      });
      call.on('close', () => {
        resolve();
      });
      call.write('{"half');
      call.flushHeaders();
      setImmediate(() => call.destroy());
    });
  }
  expect((await api.request('GET', '/health/ready')).status).toBe(200);
});
