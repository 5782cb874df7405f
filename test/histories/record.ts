/**
 * Records what every kind of life of a session and of a license, every kind of sweep, every kind of renewal of
 * a delegate and every kind of rotation leaves in Temporal, on a real dev server with the real worker, activities
 * and relay (a rotation's keys are played):
 *
 *     node test/histories/record.ts [folder]
 *
 * The files are replayed in every test run, so that a change of a workflow that would break the runs
 * that are open on somebody's server is noticed. Record again, and commit the new files beside the old
 * ones, when a workflow was changed behind `patched()`; delete an old file only when no run of that
 * code can be open any more.
 */
import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { generateKeySync } from 'node:crypto';
import { createDelegateActivities } from '../../activities/delegates.ts';
import { createPoolActivities } from '../../activities/pools.ts';
import { ensureLogins, migrateToLatest } from '../../data/migrate.ts';
import { serveKms } from '../../dev/kms/server.ts';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { stopInOrder } from '../../dev/platform/process.ts';
import { startRedis } from '../../dev/platform/redis.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';
import { createKms } from '../../platform/kms.ts';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { bundleWorkflows } from '../../workers/bundle.ts';
import { isWorkflowRunning } from '../../workers/find-workflow.ts';
import type { FileSigning } from '../../services/deps.ts';
import { changeTerms, revoke } from '../../services/license-changes.ts';
import type { TokenSigner } from '../../signing/tokens/jws.ts';
import { licenseSignals, type ReconcilePoolsInput, type SessionRef } from '../../workflows/contract.ts';
import type { TestLicense } from '../workflows/seat-stores.ts';
import { recordTrust } from './trust.ts';
import { openSeatWorld, type SeatWorld } from '../workflows/seat-world.ts';

type History = Awaited<ReturnType<SeatWorld['historyOf']>>;

const target = process.argv[2] ?? fileURLToPath(new URL('./', import.meta.url));
const figures = { leaseMs: 3_000, offerMs: 2_000, livenessMs: 3_000, queueWaitMs: 5_000 };
const forDevices = { licenseFiles: { needsDevice: true, hoursMax: 24 } };
const forAll = { licenseFiles: { needsDevice: false, hoursMax: 24 } };

Runtime.install({ logger: new DefaultLogger('ERROR') });
const scratch = await mkdtemp(join(tmpdir(), 'leasehold-record-'));
const [postgres, redis, temporal] = await Promise.all([
  startPostgres({ dataDir: join(scratch, 'postgres'), durable: false }),
  startRedis({ dir: join(scratch, 'redis'), durable: false }),
  startTemporal({ dir: join(scratch, 'temporal'), durable: false, uiPort: null }),
]);
try {
  await record();
} finally {
  await stopInOrder([[postgres, redis, temporal]]);
  await removePostgresFolder(join(scratch, 'postgres'));
  await rm(scratch, { recursive: true, force: true });
}

async function record(): Promise<void> {
  const config = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_NAMESPACE: 'default' };
  const { client, close } = connectTemporal(config);
  const connection = await connectTemporalWorker(config);
  const bundle = await bundleWorkflows();
  const world = await openSeatWorld({
    client,
    connection,
    taskQueue: 'recording',
    bundle,
    stores: { ...(await makeDatabase()), redisUrl: redis.url },
    figures,
    signing: signInMemory(),
  });
  // A sweep of two pools a run, which looks for the workflow of every session.
  const isRunning = isWorkflowRunning(client);
  const sweeper = await Worker.create({
    ...{ connection, taskQueue: 'sweeping', workflowBundle: bundle },
    activities: createPoolActivities(world.deps, { isRunning, poolsPerPage: 1, pagesPerCall: 2 }),
  });
  await Promise.all([
    recordGrantedReleased(world),
    recordLapsed(world),
    recordQueuedGranted(world),
    recordQueuedGivenUp(world),
    recordForceReleased(world),
    recordContinuedAsNew(world),
    recordCancelled(world),
  ]);
  await recordTerms(world);
  await sweeper.runUntil(async () => {
    await recordRestarted(world, client);
    await recordSweeps(world, client);
  });
  const renewing = await startRenewing(world);
  const renewer = await Worker.create({
    ...{ connection, taskQueue: 'renewing', workflowBundle: bundle },
    activities: renewing.activities,
  });
  await renewer.runUntil(() => recordRenewals(world, client));
  await renewing.stop();
  await recordTrust({
    ...{ client, connection, bundle },
    save: async (workflowId, name) => write(await world.historyOf(workflowId), name),
  });
  await world.close();
  await connection.close();
  await close();
}

async function recordGrantedReleased(world: SeatWorld): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await beatFor(world, session, 2 * figures.leaseMs);
  await world.release(session);
  await save(world, session, 'granted-released');
}

async function recordLapsed(world: SeatWorld): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await delay(figures.leaseMs / 2);
  await world.beat(session, { signal: false });
  await save(world, session, 'lapsed');
}

async function recordQueuedGranted(world: SeatWorld): Promise<void> {
  const license = await world.issueLicense(1);
  const holder = await world.acquire(license, 'holder');
  const waiter = await world.acquire(license, 'waiter');
  await delay(figures.livenessMs / 2);
  await world.poll(waiter);
  await world.beat(holder, { signal: true });
  await delay(figures.livenessMs / 2 + 500);
  await world.release(holder);
  await world.acquire(license, 'waiter');
  await beatFor(world, waiter, figures.leaseMs);
  await world.release(waiter);
  await save(world, waiter, 'queued-granted');
}

async function recordQueuedGivenUp(world: SeatWorld): Promise<void> {
  const license = await world.issueLicense(1);
  const holder = await world.acquire(license, 'holder');
  const waiter = await world.acquire(license, 'waiter');
  for (let waitedMs = 0; waitedMs < figures.queueWaitMs; waitedMs += 1_000) {
    await Promise.all([world.beat(holder, { signal: true }), world.poll(waiter)]);
    await delay(1_000);
  }
  await save(world, waiter, 'queued-given-up');
}

async function recordForceReleased(world: SeatWorld): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await beatFor(world, session, 1_000);
  await world.forceRelease(session);
  await save(world, session, 'force-released');
}

/** The run that was continued, and the run that continued it. */
async function recordContinuedAsNew(world: SeatWorld): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await beatFor(world, session, 1_000);
  const workflow = world.workflowOf(session);
  const { runId } = await workflow.describe();
  while ((await workflow.describe()).runId === runId) await world.beat(session, { signal: true });
  await world.release(session);
  await workflow.result();
  await save(world, session, 'continued-as-new', runId);
  await save(world, session, 'continuation');
}

async function recordCancelled(world: SeatWorld): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await beatFor(world, session, 1_000);
  await world.workflowOf(session).cancel();
  await save(world, session, 'cancelled');
}

/** A run that was terminated, and the one that a sweep starts in its place. */
async function recordRestarted(world: SeatWorld, client: Client): Promise<void> {
  const session = await world.acquire(await world.issueLicense(1), 'holder');
  await beatFor(world, session, 1_000);
  const workflow = world.workflowOf(session);
  const { runId } = await workflow.describe();
  await workflow.terminate();
  const settled = sql`update sessions set created_at = now() - interval '1 minute'`;
  await sql`${settled} where id = ${session.sessionId}`.execute(world.deps.systemDb);
  await (await startSweep(client, 'sweeping')).result();
  while ((await workflow.describe()).runId === runId) await world.beat(session, { signal: false });
  await beatFor(world, session, 1_000);
  await world.release(session);
  await save(world, session, 'restarted');
}

/** Lives of licenses, one after the other: each reads what it does from the stores. */
async function recordTerms(world: SeatWorld): Promise<void> {
  const bare = await world.issueLicense(1);
  await saveTerm(world, bare, 'nothing-left');

  const owned = await world.issueLicense(1, forDevices);
  await closed(world, owned);
  const file = await signed(world, owned, 'mine');
  await world.checkIn(owned, file, 'mine');
  await saveTerm(world, owned, 'device-files');

  const site = await world.issueLicense(1, forAll);
  await standing(world, site, 1);
  await world.changeLicense(site, changeTerms({ seats: 7 }));
  await standing(world, site, 2);
  await world.changeLicense(site, revoke('Recorded'));
  await saveTerm(world, site, 'standing-file');

  const revoked = await world.issueLicense(2, forDevices);
  await closed(world, revoked);
  await signed(world, revoked, 'one');
  await signed(world, revoked, 'two');
  await world.changeLicense(revoked, revoke('Recorded'));
  await saveTerm(world, revoked, 'revoked');

  const cancelled = await world.issueLicense(1, forDevices);
  await closed(world, cancelled);
  await signed(world, cancelled, 'mine');
  await world.termOf(cancelled).cancel();
  await saveTerm(world, cancelled, 'cancelled');

  const long = await world.issueLicense(1, forDevices);
  await closed(world, long);
  const kept = await signed(world, long, 'mine');
  const { runId } = await world.termOf(long).describe();
  while ((await world.termOf(long).describe()).runId === runId) {
    await world.termOf(long).signal(licenseSignals.factsChanged, { eventId: 'evt_any' });
    await delay(50);
  }
  await world.checkIn(long, kept, 'mine');
  await closed(world, long);
  await saveTerm(world, long, 'continued-as-new', runId);
  await saveTerm(world, long, 'continuation');
}

/** A file that was asked for, once it is signed. */
async function signed(world: SeatWorld, license: TestLicense, device: string): Promise<string> {
  const id = await world.checkOut(license, device);
  while ((await world.checkOutRow(license, id))?.status !== 'signed') await delay(50);
  return id;
}

async function standing(world: SeatWorld, license: TestLicense, count: number): Promise<void> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from check_outs
    where license_id = ${license.licenseId} and status = 'signed'`.execute(world.deps.systemDb);
  if (rows[0]?.count === count) return;
  await delay(50);
  await standing(world, license, count);
}

/** Waits until the license's workflow has begun, and has closed. */
async function closed(world: SeatWorld, license: TestLicense): Promise<void> {
  for (;;) {
    const described = await world
      .termOf(license)
      .describe()
      .catch(() => null);
    if (described !== null && described.status.name !== 'RUNNING') return;
    await delay(50);
  }
}

async function saveTerm(
  world: SeatWorld,
  license: TestLicense,
  name: string,
  runId?: string,
): Promise<void> {
  await closed(world, license);
  await write(await world.historyOf(world.termOf(license).workflowId, runId), name);
}

/** A root whose key is gone with this process. */
function signInMemory(): FileSigning {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const signer: TokenSigner = {
    kid: 'root-1',
    algorithm: 'PS256',
    sign: (input) => sign('sha256', input, { key, ...pss }),
  };
  return { root: () => Promise.resolve({ signer }), issuer: 'https://licenses.example.com' };
}

/** A sweep in one run, and the first and the last run of one in several. */
async function recordSweeps(world: SeatWorld, client: Client): Promise<void> {
  // Only pools with an open session are swept.
  for (let n = 0; n < 5; n += 1) await world.acquire(await world.issueLicense(1), 'holder');
  const inParts = await startSweep(client, 'sweeping');
  await inParts.result();
  const { workflowId, firstExecutionRunId } = inParts;
  await write(await world.historyOf(workflowId, firstExecutionRunId), 'continued-as-new');
  await write(await world.historyOf(workflowId), 'continuation');
  const whole = await startSweep(client, 'recording');
  await whole.result();
  await write(await world.historyOf(whole.workflowId), 'complete');
}

/** What renews delegates, with a root of its own. */
async function startRenewing({ deps }: SeatWorld) {
  const server = await serveKms({ folder: join(scratch, 'kms') });
  const { keyName: KMS_KEY, endpoint: KMS_ENDPOINT } = server;
  const kms = createKms({ KMS_KEY, KMS_ENDPOINT, KMS_PROTECTION_LEVEL: 'HSM' }, deps);
  const sealKeys = [{ kid: 's1', secret: generateKeySync('hmac', { length: 256 }) }];
  const signing = { issuer: 'https://licenses.example.com', sealKeys };
  return {
    activities: createDelegateActivities({ ...deps, kms, signing }),
    stop: async () => {
      await kms?.close();
      server.stop();
    },
  };
}

/** A look that makes the first delegate, and one that finds it young. */
async function recordRenewals(world: SeatWorld, client: Client): Promise<void> {
  for (const name of ['made', 'young']) {
    const workflowId = `renew-${name}`;
    const options = { taskQueue: 'renewing', workflowId, args: [] };
    const { isNew } = (await client.workflow.execute('renewDelegate', options)) as { isNew: boolean };
    if (isNew !== (name === 'made')) throw new Error(`The renewal ${name} came out otherwise`);
    await write(await world.historyOf(workflowId), name);
  }
}

function startSweep(client: Client, taskQueue: string) {
  const whole: ReconcilePoolsInput = { cursor: null, found: {}, repaired: {}, totals: {} };
  const workflowId = `sweep-${crypto.randomUUID()}`;
  return client.workflow.start('reconcilePools', { taskQueue, workflowId, args: [whole] });
}

async function beatFor(world: SeatWorld, session: SessionRef, forMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 1_000) {
    await delay(1_000);
    await world.beat(session, { signal: true });
  }
}

async function save(
  world: SeatWorld,
  session: SessionRef,
  name: string,
  runId?: string,
): Promise<void> {
  const { workflowId } = world.workflowOf(session);
  await world.workflowOf(session).result();
  await write(await world.historyOf(workflowId, runId), name);
}

/** Saves it in the folder of its workflow's type. */
async function write(history: History, name: string): Promise<void> {
  const [first] = history.events ?? [];
  const type = first?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? 'unknown';
  await mkdir(join(target, type), { recursive: true });
  await writeFile(join(target, type, `${name}.json`), `${historyToJSON(history)}\n`);
  console.log(`${type}/${name}: ${String(history.events?.length)} events`);
}

async function makeDatabase() {
  const password = 'recording';
  await migrateToLatest(postgres.url);
  await ensureLogins(postgres.url, [
    { user: 'leasehold_app', role: 'leasehold_app', password },
    { user: 'leasehold_system', role: 'leasehold_system', password },
  ]);
  const as = (name: string) =>
    databaseUrl(postgres.url, { database: 'postgres', role: { name, password } });
  return { appUrl: as('leasehold_app'), systemUrl: as('leasehold_system') };
}
