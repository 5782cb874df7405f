/** Yesterday's ledger comes back, Redis is empty, Temporal and the clients are of today. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { databaseUrl } from '../../dev/platform/postgres.ts';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { runOutboxRelay } from '../../workers/outbox-relay.ts';
import { createWorker } from '../../workers/worker.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  afterLeaseLapses,
  givenLicense,
  heartbeat,
  historyOf,
  problemOf,
  readLicense,
  release,
  succeed,
  tryAcquire,
  tryHeartbeat,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { startTestRedis } from '../support/redis.ts';
import { workflowBundle } from '../support/temporal.ts';

quietTemporal();
const environment = {
  SESSION_CREDENTIAL_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
  TEMPORAL_TASK_QUEUE: `backup-${randomBytes(6).toString('hex')}`,
};
const redis = await startTestRedis();
const config = { TEMPORAL_ADDRESS: inject('temporalAddress'), TEMPORAL_NAMESPACE: 'default' };
const temporal = connectTemporal(config);
const connection = await connectTemporalWorker(config);
afterAll(() => Promise.all([temporal.close(), connection.close()]));

const ledger = await cloneDatabase();
let api = await startTestApi({ database: ledger, redis, environment });

test('a restored ledger grants no seat too many, raises every fence and tells each client the truth', async () => {
  const license = await givenLicense(api, { seats: 3 });
  const stays = await acquire(license);
  const gone = await acquire(license);
  const leaked = await givenLicense(api);
  const backup = await takeBackup(ledger);

  // Today: Redis is lost once, so that fences have risen; one seat goes back, two are taken; a key that
  // leaked is rotated.
  api = await startTestApi({ database: ledger, redis, environment });
  await today();
  const now = withApi(stays);
  await redis.restart();
  await eventually(() => heartbeat(now));
  await release(withApi(gone));
  await rotate(leaked);
  expect((await tryAcquire({ ...leaked, api })).status).toBe(401);
  const newer = [await acquire(now.license), await acquire(now.license)];
  const workflows = newer.map(workflowOf);
  await withWorker(api, async () => {
    for (const workflow of workflows) {
      await eventually(async () => (await workflow.describe()).status.name === 'RUNNING');
    }
  });
  const highest = highestFence([stays, gone, ...newer]);

  // The ledger is lost: yesterday's takes its place, Redis is emptied before anybody is served.
  await api.close();
  await redis.flush();
  // No restore is over within the second of the last fence: epochs are the clock's seconds.
  await eventually(() => Date.now() / 1_000 > highest + 1);
  api = await startTestApi({ database: backup, redis, environment });

  // The one that was there yesterday goes on. The one that ended today is held until its lease is over.
  await eventually(() => heartbeat(withApi(stays)));
  expect((await heartbeat(withApi(stays))).fence).toEqual(stays.session.fence);
  expect((await readLicense(withApi(stays).license)).seats).toMatchObject({ used: 2, limit: 3 });

  // What was taken away today is good again, until it is taken away again.
  expect((await tryAcquire({ ...leaked, api })).status).toBe(201);
  await rotate(leaked);
  expect((await tryAcquire({ ...leaked, api })).status).toBe(401);

  // Those that the ledger never heard of are told at their next beat, and may ask anew.
  for (const session of newer.map(withApi)) {
    const answer = await tryHeartbeat(session);
    expect(problemOf(answer)).toMatchObject({ code: 'session_ended', conclusive: true });
  }
  const [first, second] = newer.map(withApi) as [GivenSession, GivenSession];
  const again = await acquire(first.license, { instance: first.instanceKey });
  expect(again.session.fence?.epoch).toBeGreaterThan(highest);
  const refused = await tryAcquire(second.license, { instance: second.instanceKey });
  expect(problemOf(refused).code).toBe('no_seats_available');

  await afterLeaseLapses(withApi(gone));
  const last = await acquire(second.license, { instance: second.instanceKey });
  expect(last.session.fence?.counter).toBeGreaterThan(again.session.fence?.counter ?? Infinity);
  expect(await historyOf(withApi(gone))).toContain('lease.lapsed');

  // The workflows of sessions that the ledger does not know come to an end by themselves.
  await withWorker(api, async () => {
    const ends = await Promise.all(workflows.map((workflow) => workflow.result()));
    expect(ends).toEqual([{ endReason: 'superseded' }, { endReason: 'superseded' }]);
  });
}, 90_000);

/** A copy as of this moment; it needs that nobody is connected, unlike the dump of production. */
async function takeBackup(database: TestDatabase): Promise<TestDatabase> {
  await api.close();
  const name = new URL(database.adminUrl).pathname.slice(1);
  const copy = `restored_${randomBytes(6).toString('hex')}`;
  const admin = new Client({ connectionString: inject('postgres').adminUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${copy} template ${name} strategy file_copy`);
  } finally {
    await admin.end();
  }
  const of = (url: string) => databaseUrl(url, { database: copy });
  return {
    adminUrl: of(database.adminUrl),
    appUrl: of(database.appUrl),
    systemUrl: of(database.systemUrl),
  };
}

/** The epoch of a rebuilt pool is at least the clock's second: let the next one be a later one. */
async function today(): Promise<void> {
  const startedAt = Math.floor(Date.now() / 1_000);
  await eventually(() => Math.floor(Date.now() / 1_000) > startedAt);
}

/** The same client, which asks the API that runs now. */
function withApi(session: GivenSession): GivenSession {
  return { ...session, license: { ...session.license, api } };
}

/** Stops the license's key at the API that runs now. */
async function rotate({ licenseId, tenantId }: GivenLicense): Promise<void> {
  const path = `/v1/licenses/${licenseId}/rotate-key`;
  succeed(await api.asOperator('POST', path, { tenantId, body: {} }));
}

function workflowOf({ id, license }: GivenSession) {
  return temporal.client.workflow.getHandle(sessionWorkflowId(license.tenantId, id));
}

function highestFence(sessions: readonly GivenSession[]): number {
  return Math.max(...sessions.map(({ session }) => session.fence?.epoch ?? Infinity));
}

/** Runs the relay and a worker on the stores of that API meanwhile. */
async function withWorker({ deps }: TestApi, work: () => Promise<void>): Promise<void> {
  const { client } = temporal;
  const taskQueue = environment.TEMPORAL_TASK_QUEUE;
  const stopping = new AbortController();
  const setup = { connection, namespace: 'default', taskQueue, bundle: workflowBundle() };
  const worker = await createWorker(deps, setup);
  const relay = runOutboxRelay({ ...deps, db: deps.systemDb, client, taskQueue }, stopping.signal);
  await worker.runUntil(work).finally(() => {
    stopping.abort();
  });
  await relay;
}
