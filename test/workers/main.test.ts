import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, inject, test } from 'vitest';
import { freePort } from '../../dev/platform/ports.ts';
import { startTemporal, type RunningTemporal } from '../../dev/platform/temporal.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { stateQuery, type SessionProgress, type SessionRef } from '../../workflows/contract.ts';
import { cloneDatabase } from '../support/database.ts';
import { startTestRedis } from '../support/redis.ts';
import { openSeatStores } from '../workflows/seat-stores.ts';

const figures = { leaseMs: 60_000, offerMs: 10_000, livenessMs: 20_000, queueWaitMs: 60_000 };
const port = await freePort();
const metricsPort = await freePort();
const address = `127.0.0.1:${String(port)}`;
const dir = await mkdtemp(join(inject('scratchFolder'), 'worker-'));
const redis = await startTestRedis();
const database = await cloneDatabase();
const stores = await openSeatStores({ ...database, redisUrl: redis.url }, figures);
const { client, close } = connectTemporal({
  TEMPORAL_ADDRESS: address,
  TEMPORAL_NAMESPACE: 'default',
});
const seats = stores.useCases(client);
const patience = { timeout: 40_000, interval: 100 };

let temporal: RunningTemporal | null = null;
const worker = spawn(
  process.execPath,
  [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DATABASE_URL: database.appUrl,
      SYSTEM_DATABASE_URL: database.systemUrl,
      REDIS_URL: redis.url,
      TEMPORAL_ADDRESS: address,
      METRICS_PORT: String(metricsPort),
      SESSION_CREDENTIAL_SECRETS: `k1:${Buffer.alloc(32, 1).toString('base64url')}`,
    },
  },
);
let log = '';
worker.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
const exited = once(worker, 'exit');

afterAll(async () => {
  worker.kill('SIGKILL');
  await temporal?.stop();
  await Promise.all([close(), stores.close()]);
});

test('the worker starts before Temporal, outlives its outages and stops when told to', async () => {
  const session = await seats.acquire(await stores.issueLicense(1), 'holder');
  await expect.poll(() => log, patience).toContain('Worker is not running');
  // That of the license, and that of the session.
  await expect.poll(() => metric('outbox_unsent'), patience).toBe('2');

  await startServer();
  await expect.poll(() => stateOf(session), patience).toMatchObject({ status: 'active' });

  await temporal?.kill();
  const second = await seats.acquire(await stores.issueLicense(1), 'holder');
  await seats.release(session);
  expect(await seats.held(session)).toEqual([]);
  await startServer();
  await expect.poll(() => stateOf(second), patience).toMatchObject({ status: 'active' });
  expect(await seats.workflowOf(session).result()).toEqual({ endReason: 'released' });

  worker.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(log).toContain('Worker has stopped');
}, 120_000);

async function startServer(): Promise<void> {
  temporal = await startTemporal({ dir, port, durable: true, uiPort: null });
}

async function stateOf(session: SessionRef): Promise<SessionProgress | null> {
  const asked = client.withDeadline(Date.now() + 2_000, () =>
    seats.workflowOf(session).query<SessionProgress>(stateQuery),
  );
  return asked.catch(() => null);
}

async function metric(name: string): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${String(metricsPort)}/metrics`)).text();
  return new RegExp(`^${name}\\{.*\\} (.*)$`, 'm').exec(text)?.[1];
}
