/** The stand-in for Cloud KMS behind a socket, as docker-compose.yml runs it. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, inject, test } from 'vitest';
import { startKms } from '../../dev/platform/kms.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { givenLicense, tryAcquire } from '../support/given.ts';
import { keyFolder } from '../support/kms.ts';
import { leasesBelievedOf } from '../support/leases.ts';

const dir = mkdtempSync(join(inject('scratchFolder'), 'kms-'));
const socket = join(dir, 'kms.sock');
cpSync(await keyFolder(), join(dir, 'keys'), { recursive: true });
let kms = await startKms({ dir, socket });
afterAll(() => kms.stop());
const api = await startTestApi({ kms });
const claimsOf = await leasesBelievedOf(api);

/** Another of these processes, until it ends. */
function run(...args: string[]) {
  const folder = fileURLToPath(new URL('../../dev/kms/', import.meta.url));
  const [program = '', ...rest] = args;
  return spawnSync(process.execPath, [join(folder, program), ...rest], { timeout: 20_000 });
}

test('has a server sign leases that clients believe, with no port between', async () => {
  expect(kms.endpoint).toBe(`unix:${socket}`);
  const license = await givenLicense(api);
  expect(await claimsOf(await tryAcquire(license), license)).toMatchObject({
    sub: license.licenseId,
  });
});

test('lets everybody connect who reaches its folder, as the user of a container does', () => {
  expect(statSync(socket).mode & 0o777).toBe(0o666);
});

test('killed and started anew on the same socket it signs for who knew it before', async () => {
  const { kid } = await renewDelegate(api.deps, { isForced: true });
  expect(run('check-health.ts', socket).status).toBe(0);
  await kms.kill();
  expect(existsSync(socket)).toBe(true);
  expect(run('check-health.ts', socket).status).toBe(1);
  kms = await startKms({ dir, socket });
  expect(run('check-health.ts', socket).status).toBe(0);
  // The client of a KMS that was away is asked again after seconds.
  const renewed = await eventually(() => renewDelegate(api.deps, { isForced: true }), {
    withinMs: 30_000,
  });
  expect(renewed.kid).not.toBe(kid);
});

test('takes no socket away from one that lives, and removes nothing else', () => {
  const folder = ['--folder', join(dir, 'other')];
  cpSync(join(dir, 'keys'), join(dir, 'other'), { recursive: true });
  const second = run('main.ts', ...folder, '--socket', socket);
  expect([second.status, second.stderr.toString()]).toEqual([
    1,
    expect.stringMatching(/EADDRINUSE/),
  ]);
  expect(run('check-health.ts', socket).status).toBe(0);
  const file = join(dir, 'file');
  writeFileSync(file, 'kept');
  expect(run('main.ts', ...folder, '--socket', file).status).toBe(1);
  expect(readFileSync(file, 'utf8')).toBe('kept');
});
