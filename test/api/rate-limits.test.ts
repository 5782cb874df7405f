import { afterAll, expect, test } from 'vitest';
import { connectRedis } from '../../platform/redis.ts';
import { makeApiKey } from '../../signing/keys.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  givenApiKey,
  givenLicense,
  heartbeat,
  problemOf,
  release,
  succeed,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
} from '../support/given.ts';

const api = await startTestApi({
  environment: {
    RATE_LIMIT_ACQUIRES: '30',
    RATE_LIMIT_HEARTBEATS: '12',
    RATE_LIMIT_RELEASES: '3',
    RATE_LIMIT_READS: '4',
    RATE_LIMIT_FAILURES: '0',
  },
});
const stores = { database: api.database, redis: api.redis };

async function readLicenses(of: TestApi, apiKey: string) {
  return of.request('GET', '/v1/licenses', { authorization: `Bearer ${apiKey}` });
}

test('tells what a budget holds and what is left of it', async () => {
  const license = await givenLicense(api);
  const first = await tryAcquire(license);
  expect(first.headers.get('ratelimit-policy')).toBe('"acquire";q=30;w=60');
  expect(first.headers.get('ratelimit')).toMatch(/^"acquire";r=29;t=\d+$/);
  const second = await tryAcquire(license);
  expect(second.headers.get('ratelimit')).toMatch(/^"acquire";r=28;t=\d+$/);
});

test('a license that asks too often is asked to wait, which is no denial, and no other is', async () => {
  const license = await givenLicense(api, { seats: 30 });
  const sessions = await acquireMany(license, 30);
  const answer = await tryAcquire(license);
  expect(problemOf(answer)).toMatchObject({
    ...{ status: 429, code: 'rate_limited', conclusive: false, retryable: true },
  });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.headers.get('ratelimit')).toMatch(/^"acquire";r=0;t=\d+$/);
  for (const session of sessions) await heartbeat(session);
  for (const session of sessions) await release(session);
  await acquire(await givenLicense(api));
});

test('several processes count together', async () => {
  const other = await startTestApi({ ...stores, environment: { RATE_LIMIT_READS: '4' } });
  const { tenantId } = await givenLicense(api);
  const apiKey = await givenApiKey(api, tenantId);
  for (const process of [api, other, api, other]) succeed(await readLicenses(process, apiKey));
  const answers = [await readLicenses(api, apiKey), await readLicenses(other, apiKey)];
  expect(answers.map(({ status }) => status)).toEqual([429, 429]);
});

test('a beat costs one call of Redis, its counting none', async () => {
  const session = await acquire(await givenLicense(api));
  const redis = connectRedis({ url: api.redis.url, name: 'look', onError: () => undefined });
  afterAll(() => redis.disconnect());
  const calls = async () => {
    const stats = await redis.info('commandstats');
    return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const before = await calls();
  for (let beat = 0; beat < 5; beat += 1) await heartbeat(session);
  expect((await calls()) - before).toBe(5);
});

test('each holder of a session has its own budget of beats and of releases', async () => {
  const license = await givenLicense(api);
  const one = await acquire(license, { instance: 'shared', holderId: 'one' });
  const other = await acquire(license, { instance: 'shared', holderId: 'other' });
  for (let beat = 0; beat < 12; beat += 1) await heartbeat(one);
  const answer = await tryHeartbeat(one);
  expect(problemOf(answer)).toMatchObject({ code: 'rate_limited', conclusive: false });
  expect(answer.headers.get('ratelimit-policy')).toBe('"heartbeat";q=12;w=60');
  await heartbeat(other);
  for (let time = 0; time < 3; time += 1) await release(one);
  expect((await tryRelease(one)).status).toBe(429);
  await release(other);
});

test('lets everybody pass while Redis is away', async () => {
  const own = await startTestApi({ environment: { RATE_LIMIT_READS: '2' } });
  const { tenantId } = await givenLicense(own);
  const apiKey = await givenApiKey(own, tenantId);
  await own.redis.kill();
  for (let time = 0; time < 5; time += 1) {
    const answer = await readLicenses(own, apiKey);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit')).toBeNull();
  }
});

test('without a limit nothing is counted', async () => {
  const own = await startTestApi({ ...stores, environment: { RATE_LIMIT_READS: '0' } });
  const { tenantId } = await givenLicense(api);
  const apiKey = await givenApiKey(api, tenantId);
  for (let time = 0; time < 8; time += 1) succeed(await readLicenses(own, apiKey));
  expect((await readLicenses(own, apiKey)).headers.get('ratelimit')).toBeNull();
});

test('probes have no budget', async () => {
  const answer = await api.request('GET', '/health/live');
  expect(answer.headers.get('ratelimit')).toBeNull();
});

test('an address of many wrong keys has strange ones refused unseen, and known ones not', async () => {
  const own = await startTestApi({ ...stores, environment: { RATE_LIMIT_FAILURES: '5' } });
  const license = { ...(await givenLicense(api)), api: own };
  const session = await acquire(license);
  const wrong = () => readLicenses(own, makeApiKey('lht_'));
  for (let time = 0; time < 5; time += 1) expect((await wrong()).status).toBe(401);
  const answer = await wrong();
  expect(problemOf(answer)).toMatchObject({ code: 'rate_limited', conclusive: false });
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  // A thousand seats behind one address go on, whatever a bad script beside them does.
  await acquire(license);
  await heartbeat(session);
  await release(session);
  const metrics = await (await fetch(own.metricsUrl)).text();
  expect(metrics).toMatch(/http_requests_refused_total\{traffic="read",why="address".*\} 1/);
});

test('the address is the connection’s, or what a trusted proxy says', async () => {
  const environment = { RATE_LIMIT_FAILURES: '1' };
  const plain = await startTestApi({ ...stores, environment });
  const behind = await startTestApi({
    ...stores,
    environment: { ...environment, TRUSTED_PROXIES: '127.0.0.0/8, ::1' },
  });
  const wrongFrom = async (own: TestApi, address: string) => {
    const headers = { 'x-forwarded-for': address };
    const authorization = `Bearer ${makeApiKey('lht_')}`;
    return (await own.request('GET', '/v1/licenses', { authorization, headers })).status;
  };
  const hosts = ['198.51.100.1', '198.51.100.2', '198.51.100.1'];
  const sequence = async (own: TestApi) => {
    const statuses = [];
    for (const host of hosts) statuses.push(await wrongFrom(own, host));
    return statuses;
  };
  expect(await sequence(plain)).toEqual([401, 429, 429]);
  expect(await sequence(behind)).toEqual([401, 401, 429]);
});
