import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';

const database = await cloneDatabase();
const proxy = await startProxy(addressOf(database.appUrl));
const api = await startTestApi({
  database,
  environment: { DATABASE_URL: throughProxy(database.appUrl, proxy) },
});

async function readiness() {
  const { status, body } = await api.request('GET', '/health/ready');
  return { status, body };
}

test('is ready when every part answers; Temporal is none of them', async () => {
  const parts = { postgres: 'ok', redis: 'ok', server: 'ok' };
  expect(await readiness()).toEqual({ status: 200, body: { status: 'ok', parts } });
});

test('says which part is down while it goes on living, and is ready again by itself', async () => {
  await api.redis.kill();
  const parts = { postgres: 'ok', redis: 'down', server: 'ok' };
  expect(await readiness()).toEqual({ status: 503, body: { status: 'down', parts } });
  expect((await api.request('GET', '/health/live')).body).toEqual({ status: 'ok' });
  await api.redis.restart();
  await eventually(async () => {
    expect((await readiness()).status).toBe(200);
  });

  proxy.cut();
  expect(await readiness()).toMatchObject({ status: 503, body: { parts: { postgres: 'down' } } });
  proxy.mend();
  await eventually(async () => {
    expect((await readiness()).status).toBe(200);
  });
});

test('is not ready with a Redis that may evict a seat', async () => {
  await api.store.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await readiness()).toMatchObject({ status: 503, body: { parts: { redis: 'down' } } });
  await api.store.config('SET', 'maxmemory-policy', 'noeviction');
  expect((await readiness()).status).toBe(200);
});
