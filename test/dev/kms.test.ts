import { spawnSync } from 'node:child_process';
import { createHash, verify, constants } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeyManagementServiceClient } from '@google-cloud/kms';
import { grpc } from 'google-gax';
import { afterAll, expect, inject, test } from 'vitest';
import { startKms } from '../../dev/platform/kms.ts';
import { freePort } from '../../dev/platform/ports.ts';
import { eventually } from '../support/eventually.ts';
import { keyFolder } from '../support/kms.ts';

const dir = mkdtempSync(join(inject('scratchFolder'), 'kms-process-'));
cpSync(await keyFolder(), join(dir, 'keys'), { recursive: true });
const port = await freePort();
let kms = await startKms({ dir, port });
afterAll(() => kms.stop());

/** The real client, as it comes but for its address. */
const client = new KeyManagementServiceClient({
  ...{ apiEndpoint: '127.0.0.1', port },
  sslCreds: grpc.credentials.createInsecure(),
  // Without it the client looks for a metadata server of Google's.
  clientOptions: { universeDomain: 'googleapis.com' },
});
afterAll(() => client.close());
const name = `${kms.keyName}/cryptoKeyVersions/1`;
const sha256 = createHash('sha256').update('data').digest();
const sign = () =>
  client.asymmetricSign({ name, digest: { sha256 } }, { timeout: 2_000, retry: null });

async function put(path: string, body: unknown, headers = { 'content-type': 'application/json' }) {
  const how = { method: 'PUT', body: JSON.stringify(body), headers };
  return (await fetch(`${kms.controlUrl}${path}`, how)).status;
}

test('signs a digest that the real client sends, as PSS', async () => {
  const [{ signature }] = await sign();
  const [{ pem }] = await client.getPublicKey({ name });
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  const key = { key: pem ?? '', padding, saltLength: 32 };
  expect(verify('sha256', Buffer.from('data'), key, Buffer.from(signature ?? ''))).toBe(true);
});

test('describes its key and the states of its versions', async () => {
  const [key] = await client.getCryptoKey({ name: kms.keyName });
  expect(key).toMatchObject({ purpose: 'ASYMMETRIC_SIGN' });
  const [version] = await client.getCryptoKeyVersion({ name });
  expect(version).toMatchObject({ state: 'ENABLED', algorithm: 'RSA_SIGN_PSS_4096_SHA256' });
});

test('disables a version and enables it again, and takes no other state from the API', async () => {
  const update = (state: 'ENABLED' | 'DISABLED' | 'DESTROYED') =>
    client.updateCryptoKeyVersion({
      cryptoKeyVersion: { name, state },
      updateMask: { paths: ['state'] },
    });
  await update('DISABLED');
  await expect(sign()).rejects.toThrow('is not enabled, current state is: DISABLED');
  await update('ENABLED');
  await sign();
  await expect(update('DESTROYED')).rejects.toThrow('INVALID_ARGUMENT');
});

test.each([
  ['no digest', { name }],
  ['data in place of a digest', { name, data: Buffer.from('data') }],
  ['a digest that is too short', { name, digest: { sha256: Buffer.alloc(31) } }],
  ['a checksum of another digest', { name, digest: { sha256 }, digestCrc32c: { value: 1 } }],
])('refuses to sign %s', async (_what, request) => {
  await expect(client.asymmetricSign(request)).rejects.toThrow('INVALID_ARGUMENT');
});

test('knows no other key and no other call', async () => {
  await expect(client.getPublicKey({ name: `${name}7` })).rejects.toThrow('NOT_FOUND');
  const parent = `${kms.keyName}2`;
  await expect(client.listCryptoKeyVersions({ parent })).rejects.toThrow('NOT_FOUND');
  await expect(client.macSign({ name })).rejects.toThrow('UNIMPLEMENTED');
});

test('is told its faults through the control door, until they are told off', async () => {
  expect(await put('/faults', { status: 'PERMISSION_DENIED' })).toBe(200);
  await expect(sign()).rejects.toThrow('PERMISSION_DENIED');
  expect(await put('/faults', {})).toBe(200);
  await sign();
  expect(await put('/versions/1', { state: 'PENDING_GENERATION' })).toBe(200);
  await expect(sign()).rejects.toThrow('PENDING_GENERATION');
  expect(await put('/versions/1', { state: 'ENABLED' })).toBe(200);
  await sign();
});

test('the control door refuses what it does not know, and what a page in a browser may send', async () => {
  expect(await put('/faults', { explode: true })).toBe(422);
  expect(await put('/versions/1', { state: 'BROKEN' })).toBe(422);
  expect(await put('/versions/9', { state: 'ENABLED' })).toBe(404);
  expect(await put('/faults', { stall: true }, { 'content-type': 'text/plain' })).toBe(415);
  await sign();
});

test('keeps its key through a restart, where only its owner can read it', async () => {
  const [before] = await client.getPublicKey({ name });
  await kms.stop();
  kms = await startKms({ dir, port });
  const [after] = await eventually(() => client.getPublicKey({ name }));
  expect(after.pem).toBe(before.pem);
  for (const file of readdirSync(join(dir, 'keys'))) {
    expect(statSync(join(dir, 'keys', file)).mode & 0o077, file).toBe(0);
  }
});

test('refuses to run in production', () => {
  const main = fileURLToPath(new URL('../../dev/kms/main.ts', import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  const { status, stderr } = spawnSync(process.execPath, [main, '--folder', dir], { env });
  expect(status).toBe(1);
  expect(stderr.toString()).toContain('refuses to run in production');
});
