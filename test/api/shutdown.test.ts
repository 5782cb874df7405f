import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { countConnections } from '../../data/database.ts';
import { startTestApi } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { acquire, givenLicense, show, tryAcquire, tryHeartbeat } from '../support/given.ts';
import { startTestRedis } from '../support/redis.ts';

const database = await cloneDatabase();
const redis = await startTestRedis();
const admin = new Client({ connectionString: database.adminUrl });
const watcher = new Client({ connectionString: database.adminUrl });
await Promise.all([admin.connect(), watcher.connect()]);
afterAll(() => Promise.all([admin.end(), watcher.end()]));

/** Lets every acquire of every license wait in the middle, until the function that it returns is called. */
async function holdAcquires(): Promise<() => Promise<void>> {
  await admin.query('begin');
  await admin.query('lock table sessions in access exclusive mode');
  return async () => {
    await admin.query('commit');
  };
}

test('a server that is stopped answers all that has begun, and lets nobody wait on', async () => {
  const api = await startTestApi({ database, redis });
  const license = await givenLicense(api, { seats: 30 });
  await acquire(license);
  const full = await givenLicense(api, { seats: 1 });
  await acquire(full);
  const waiter = await acquire(full, { wait: true });
  const longPoll = show(waiter, { wait: 25 });

  const letGo = await holdAcquires();
  const inFlight = Array.from({ length: 25 }, () => tryAcquire(license));
  // Each has begun: it holds a connection to Postgres, or waits for one.
  await eventually(() => {
    const { busy, waiting } = countConnections(api.deps.db);
    return busy + waiting === inFlight.length;
  });
  const startedAt = performance.now();
  const closed = api.close();
  await eventually(async () => {
    await expect(fetch(`${api.url}/health/live`)).rejects.toThrow();
  });
  await letGo();

  expect(await longPoll).toMatchObject({ status: 'queued', queue: { position: 1 } });
  const answers = await Promise.all(inFlight);
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  expect(answers.every(({ headers }) => headers.get('connection') === 'close')).toBe(true);
  await closed;
  expect(performance.now() - startedAt).toBeLessThan(9_000);
});

test('it closes although clients keep their connections open', async () => {
  const api = await startTestApi({ database, redis });
  const session = await acquire(await givenLicense(api));
  await Promise.all(Array.from({ length: 10 }, () => tryHeartbeat(session)));
  const startedAt = performance.now();
  await api.close();
  expect(performance.now() - startedAt).toBeLessThan(9_000);
});

test('another server of the same stores goes on with the sessions of one that was stopped', async () => {
  const environment = { SESSION_CREDENTIAL_SECRETS: `k:${'A'.repeat(43)}` };
  const one = await startTestApi({ database, redis, environment });
  const session = await acquire(await givenLicense(one));
  await one.close();
  const other = await startTestApi({ database, redis, environment });
  const license = { ...session.license, api: other };
  expect((await tryHeartbeat({ ...session, license })).status).toBe(200);
});

test('a server that is told to stop serves on, not ready, until load balancers have noticed', async () => {
  const api = await startTestApi({ database, redis, environment: { API_DRAIN_SECONDS: '3' } });
  const license = await givenLicense(api);
  const closed = api.close();
  const ready = await api.request('GET', '/health/ready');
  expect(ready).toMatchObject({ status: 503, body: { status: 'down', parts: { server: 'down' } } });
  expect((await api.request('GET', '/health/live')).status).toBe(200);
  const session = await acquire(license);
  expect((await tryHeartbeat(session)).status).toBe(200);
  await closed;
  await expect(tryHeartbeat(session)).rejects.toThrow();
});

test('it closes although Postgres never answers a request that was given up', async () => {
  const api = await startTestApi({ database, redis, drainMs: 200 });
  const license = await givenLicense(api);
  const letGo = await holdAcquires();
  const givenUp = tryAcquire(license).catch((error: unknown) => error);
  await eventually(async () => {
    const { rows } = await watcher.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  });
  const startedAt = performance.now();
  await api.close();
  expect(performance.now() - startedAt).toBeLessThan(9_000);
  expect(await givenUp).toBeInstanceOf(Error);
  await letGo();
});
