/**
 * What Temporal keeps is read by whoever operates it, and for long: no secret may be in it. Every kind of
 * workflow lives here, over the real API, worker, Temporal and stores, and fails and repeats on its way.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as Postgres } from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startChild } from '../../dev/platform/process.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { makeDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { makeRequestFile } from '../../signing/tokens/request-file.ts';
import { openDelegate } from '../../signing/sealed-delegate.ts';
import {
  licenseWorkflowId,
  reconcilePoolsId,
  renewDelegateId,
  sessionWorkflowId,
  stateQuery,
  type SessionProgress,
} from '../../workflows/contract.ts';
import { startTestApi, testEnvironment, type Answer } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  givenApiKey,
  givenLicense,
  heartbeat,
  release,
  revoke,
} from '../support/given.ts';
import { kmsEnvironment, startTestKms } from '../support/kms.ts';
import { keepersOf, readNamespace } from '../support/recorded.ts';

const within = { withinMs: 30_000, everyMs: 100 };
const dir = mkdtempSync(join(inject('scratchFolder'), 'secrets-'));
const temporal = await startTemporal({ dir, durable: false, uiPort: null });
const { client, close } = connectTemporal({
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: 'default',
});
const kms = await startTestKms();
const [sessionSecret, sealSecret] = [randomBytes(32), randomBytes(32)];
const environment = {
  ...kmsEnvironment(kms),
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_TASK_QUEUE: 'secrets',
  SESSION_CREDENTIAL_SECRETS: `k1:${sessionSecret.toString('base64url')}`,
  SIGNING_SEAL_KEYS: `s1:${sealSecret.toString('base64url')}`,
};
const api = await startTestApi({ kms, environment });
const worker = await startChild({
  name: 'worker',
  command: process.execPath,
  args: [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
  env: { ...process.env, ...testEnvironment(api.database, api.redis), ...environment },
  logFile: join(dir, 'worker.log'),
});
afterAll(async () => {
  await Promise.all([close(), worker.kill()]);
  await temporal.stop();
});

/** What Temporal must have been told, or nothing was looked at: by the workflow that knows it. */
const told = new Map<string, string>();

/** What nobody may learn from Temporal, by what it is. */
const secrets = new Map<string, string | Buffer>([
  ['the secret of session credentials', sessionSecret],
  ['the seal key', sealSecret],
  ['the operator key', api.operatorKey],
]);
const rootsNow = () =>
  api.deps.systemDb.selectFrom('rootKeys').select(['kid', 'state']).orderBy('kid').execute();
const delegatesNow = () => api.deps.systemDb.selectFrom('delegates').selectAll().execute();

beforeAll(async () => {
  await liveSessions();
  await liveLicenseFile();
  await renewKeys();
  await keepKeys();
  await client.schedule.getHandle(reconcilePoolsId).trigger();
  await eventually(async () => {
    const types = new Set((await readNamespace(client)).map(({ type }) => type));
    return types.has('reconcilePools');
  }, within);
}, 120_000);

/** One that is released, and one whose license is revoked under it, by keys of either kind. */
async function liveSessions(): Promise<void> {
  const license = await givenLicense(api);
  const [session, revoked] = [await acquire(license), await acquire(license)];
  const lives = [session, revoked].map(({ id }) =>
    client.workflow.getHandle(sessionWorkflowId(license.tenantId, id)),
  );
  const heard = async () => {
    await heartbeat(session);
    return (await lives[0]?.query<SessionProgress>(stateQuery))?.lastSeenAt != null;
  };
  await eventually(heard, within);
  await release(session);
  const apiKey = await givenApiKey(api, license.tenantId);
  const rotated = await api.request('POST', `/v1/licenses/${license.licenseId}/rotate-key`, {
    ...{ authorization: `Bearer ${apiKey}`, body: { overlapHours: 1 } },
  });
  await revoke(license);
  for (const life of lives) await life.result();
  told.set(session.instanceKey, lives[0]?.workflowId ?? '');
  secrets.set('a license key', license.licenseKey);
  secrets.set('a license key that was rotated in', textOf(rotated, 'licenseKey'));
  secrets.set('an API key', apiKey);
  secrets.set('a session credential', session.credential);
  secrets.set('the seal of a session credential', session.credential.split('.').at(-1) ?? '');
}

/** One of a machine without a network, signed once the root's key is back, and given up. */
async function liveLicenseFile(): Promise<void> {
  const { product, licenseKey, licenseId, tenantId } = await givenLicense(api);
  const ask = (path: string, body?: object) =>
    api.request(body === undefined ? 'GET' : 'POST', path, {
      ...{ authorization: `License ${licenseKey}`, body },
    });
  const machine = await makeRequestFile({ product, usage: 'builder', fingerprint: 'far' });
  kms.faults.set({ status: 'UNAVAILABLE' });
  const asked = await ask('/v1/licenses/check-out', { requestFile: machine.file });
  expect(asked.status).toBe(202);
  const life = client.workflow.getHandle(licenseWorkflowId(tenantId, licenseId));
  await eventually(async () => {
    const { pendingActivities } = (await life.describe()).raw;
    return pendingActivities?.some(({ lastFailure }) => lastFailure != null) === true;
  }, within);
  kms.faults.set({});
  const { id: file } = (asked.body as { checkOut: { id: string } }).checkOut;
  const licenseFile = await eventually(
    async () => textOf(await ask(`/v1/check-outs/${file}`), 'licenseFile'),
    within,
  );
  const given = { license: licenseId, file, device: machine.request.device };
  const deactivationFile = makeDeactivationFile({ ...given, secret: machine.secret });
  expect((await ask(`/v1/check-outs/${file}/check-in`, { deactivationFile })).status).toBe(200);
  told.set(file, life.workflowId);
  // The failures of the attempts before, with all that they say.
  told.set('unavailable', life.workflowId);
  secrets.set('the license key of a file', licenseKey);
  secrets.set('a license file', licenseFile);
  secrets.set('the secret of a machine without a network', machine.secret);
}

/** The delegate by its Schedule; then the root, because it was revoked, and the delegate with it. */
async function renewKeys(): Promise<void> {
  const admin = new Postgres({ connectionString: api.database.adminUrl });
  await admin.connect();
  await admin.query(`update delegates set created_at = created_at - interval '13 hours'`);
  await admin.end();
  await client.schedule.getHandle(renewDelegateId).trigger();
  await eventually(async () => (await delegatesNow()).length === 2, within);
  const [renewed] = (await delegatesNow()).toSorted((one, other) => other.seq - one.seq);
  told.set(renewed?.kid ?? '', renewDelegateId);
  await eventually(async () => (await rootsNow()).length === 2, within);
  await keepDelegates();
  const body = { kind: 'key', kid: 'root-1', reason: 'Test' };
  expect((await api.asOperator('POST', '/v1/revocations', { body })).status).toBe(201);
  await eventually(async () => {
    const [delegates, roots] = [await delegatesNow(), await rootsNow()];
    const isRotated = roots.some(({ kid, state }) => kid === 'root-2' && state === 'active');
    return isRotated && delegates.some(({ rootKid }) => rootKid === 'root-2');
  }, within);
}

/** Remembers the private keys of delegates that there are by now. Those of revoked ones are erased. */
async function keepDelegates(): Promise<void> {
  for (const { kid, sealKid, sealedKey } of await delegatesNow()) {
    if (sealedKey.length === 0) continue;
    const key = openDelegate(api.deps.signing.sealKeys, { kid, sealKid, sealedKey });
    secrets.set(
      `the private key of ${kid}`,
      Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'),
    );
    secrets.set(`the sealed key of ${kid}`, sealedKey);
  }
}

/** Remembers every private key that there is or was. */
async function keepKeys(): Promise<void> {
  await keepDelegates();
  for (const version of kms.store.list()) {
    // Another is being made already.
    if (version.state === 'PENDING_GENERATION') continue;
    const { d = '' } = kms.store.privateKey(version).export({ format: 'jwk' });
    secrets.set(`the private key of root-${version.id}`, Buffer.from(d, 'base64url'));
  }
}

function textOf({ body }: Answer, name: string): string {
  const text = (body as Record<string, unknown>)[name];
  if (typeof text !== 'string') throw new Error(`There is no ${name}`);
  return text;
}

test('every kind of workflow has lived, and what it is about is found in its history', async () => {
  const runs = await readNamespace(client);
  expect([...new Set(runs.map(({ type }) => type))].sort()).toEqual([
    ...['Schedule', 'licenseSession', 'licenseTerm', 'publishRevocations'],
    ...['reconcilePools', 'renewDelegate', 'rotateRoot'],
  ]);
  for (const [what, workflowId] of told) {
    // A Schedule adds the time to the id.
    const keepers = keepersOf(what, runs).filter((id) => id.startsWith(workflowId));
    expect(keepers.length, what).toBeGreaterThan(0);
  }
});

test('no history, memo or Schedule keeps a secret', async () => {
  const runs = (await readNamespace(client)).filter(({ type }) => type !== 'leak');
  const kept = [...secrets].map(([what, secret]) => [what, keepersOf(secret, runs)]);
  expect(kept).toEqual([...secrets.keys()].map((what) => [what, []]));
});

test.each<[string, (secret: Buffer) => unknown]>([
  ['as it is', (secret) => secret.toString()],
  ['as the bytes of a Buffer', (secret) => secret.toJSON()],
  ['as hex', (secret) => secret.toString('hex')],
  ['as base64', (secret) => secret.toString('base64')],
  [
    'inside something that is base64',
    (secret) => Buffer.from(`{"key":"${secret.toString()}"}`).toString('base64'),
  ],
])('a secret that is kept %s would be found', async (_how, formOf) => {
  const form = formOf(Buffer.from(api.operatorKey));
  const options = { taskQueue: 'nobody', workflowId: `leak-${crypto.randomUUID()}` };
  const leaks = [
    await client.workflow.start('leak', { ...options, args: [{ nested: [form] }] }),
    await client.workflow.start('leak', {
      ...{ ...options, workflowId: `${options.workflowId}-memo`, memo: { form } },
    }),
  ];
  await eventually(async () => {
    const keepers = keepersOf(api.operatorKey, await readNamespace(client));
    for (const { workflowId } of leaks) expect(keepers).toContain(workflowId);
  }, within);
});
