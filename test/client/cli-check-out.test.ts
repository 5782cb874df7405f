/** `leasehold check-out` and `check-in`: license files from the real API, signed as its worker signs them. */
import { cpSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { makeRootList } from '../../signing/tokens/root-list.ts';
import { fileIssuer, runTerm } from '../support/check-outs.ts';
import { acquire, givenLicense, suspend, type GivenLicense } from '../support/given.ts';
import { givenRoot, type HeldRoot } from '../support/roots.ts';
import { startMiddle } from './support/middle.ts';
import { startCli } from './support/program.ts';

const api = await startTestApi();

/** A machine of a user; without a license it sees no network, without a root it believes the server. */
function givenMachine(
  name: string,
  license: GivenLicense | null,
  root: HeldRoot | null = givenRoot(1),
) {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'check-out-'));
  const path = (file: string) => join(folder, file);
  if (root !== null) writeFileSync(path('roots.json'), JSON.stringify({ keys: [root.jwk] }));
  const server: Record<string, string> =
    license === null ? {} : { LEASEHOLD_URL: api.url, LEASEHOLD_LICENSE_KEY: license.licenseKey };
  const environment = {
    ...{ ...server, LICENSE_INSTANCE_ID: name, LEASEHOLD_STATE_DIR: path('state') },
    ...{ LEASEHOLD_ROOTS: root === null ? '' : path('roots.json') },
    ...{ LEASEHOLD_USAGE_TYPE: 'builder' },
  };
  return {
    path,
    kept: () => readdirSync(folder).includes('state'),
    async run(...args: string[]) {
      const program = startCli(args, { environment });
      return { exitCode: await program.ended, said: [...program.stderr, ...program.stdout] };
    },
  };
}

/** The worker's part, until it is disposed of: the given root signs, the first unless given. */
function startWorker(license: GivenLicense, root?: HeldRoot): AsyncDisposable {
  const over = new AbortController();
  const work = async () => {
    while (!over.signal.aborted) {
      await runTerm(license, root);
      await sleep(50);
    }
  };
  const working = work();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await working;
    },
  };
}

test('a machine checks its file out, verifies it offline, and checks it in: the seat is free again', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license);
  await using _worker = startWorker(license);
  const named = ['--product', license.product];
  const got = await machine.run('check-out', ...named, '--ttl', '3600');
  expect(got).toMatchObject({ exitCode: 0 });
  expect(got.said.join()).toMatch(/is installed on this machine, good until \S+Z\.$/);
  const [file = ''] = readdirSync(machine.path('state'));
  const verified = await machine.run('verify', machine.path(`state/${file}`), ...named);
  expect(verified.exitCode).toBe(0);
  expect(await machine.run('check-in', ...named)).toMatchObject({ exitCode: 0 });
  await acquire(license);
  const again = await machine.run('check-in', ...named);
  expect(again).toMatchObject({ exitCode: 64 });
});

test('a machine without a network gets its file by files alone, and gives it up by one', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const named = ['--product', license.product];
  const offline = givenMachine('island', null);
  const clerk = givenMachine('clerk', license);
  await using _worker = startWorker(license);
  const [request, file, end] = ['request.lic', 'license.lic', 'end.lic'].map(offline.path);
  const steps = [
    () => offline.run('activate', '--offline', ...named, '--out', request ?? ''),
    () => clerk.run('check-out', '--request', request ?? '', '--out', file ?? ''),
    () => offline.run('activate', '--offline', ...named, '--response', file ?? ''),
    () => offline.run('verify', file ?? '', ...named),
    () => offline.run('deactivate', '--offline', ...named, '--out', end ?? ''),
    () => clerk.run('check-in', end ?? ''),
  ];
  for (const step of steps) expect(await step()).toMatchObject({ exitCode: 0 });
  expect((await clerk.run('verify', file ?? '', ...named)).exitCode).toBe(1);
  await acquire(license);
});

test('while the signing key is away it says that the file follows, and finds it later', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license);
  const command = ['check-out', '--product', license.product];
  const pending = await machine.run(...command, '--max-wait', '0.1');
  expect(pending).toMatchObject({ exitCode: 69 });
  expect(pending.said.join()).toContain('not signed yet');
  expect(machine.kept()).toBe(false);
  await using _worker = startWorker(license);
  expect(await machine.run(...command)).toMatchObject({ exitCode: 0 });
});

test('a file that none of the pinned roots has signed is not kept, and its seat is free again', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license, givenRoot(2));
  await using _worker = startWorker(license);
  const refused = await machine.run('check-out', '--product', license.product);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.said.join()).toContain('(unknown_key)');
  expect(refused.said.join()).toContain('its seat is free');
  expect(machine.kept()).toBe(false);
  await acquire(license);
});

test('one that answers a request is not kept either, and it says until when the seat is taken', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const named = ['--product', license.product];
  const offline = givenMachine('island', null);
  const clerk = givenMachine('clerk', license, givenRoot(2));
  await using _worker = startWorker(license);
  const [request = '', file = ''] = ['request.lic', 'license.lic'].map(offline.path);
  await offline.run('activate', '--offline', ...named, '--out', request);
  const refused = await clerk.run('check-out', '--request', request, '--out', file);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.said.join()).toMatch(/taken until \S+Z, for only the machine that asked/);
  const answered = ['check-out', '--request', request, '--out', file];
  const trusting = givenMachine('other clerk', license);
  expect(await trusting.run(...answered)).toMatchObject({ exitCode: 0 });
});

test('after a rotation a machine with old pins learns of the new root before it refuses its file', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const [old, next] = [givenRoot(1), givenRoot(2)];
  const at = Math.floor(Date.now() / 1000);
  const keys = [old, next].map(({ jwk }) => ({ ...jwk, not_before: at }));
  const lists = [await makeRootList(old.signer, { issuer: fileIssuer, seq: 1, keys, at })];
  await using middle = await startMiddle(api.url, undefined, (answer, { path }) =>
    path === '/.well-known/jwks.json' ? { keys: [], roots: lists } : answer,
  );
  const machine = givenMachine('one', license);
  await using _worker = startWorker(license, next);
  const named = ['--product', license.product];
  const got = await machine.run('check-out', ...named, '--url', middle.url);
  expect(got).toMatchObject({ exitCode: 0 });
  expect(got.said.join()).toContain('is installed on this machine');
  // What it learned is kept: without a network the file is good, though the pins are old.
  const island = givenMachine('one', null);
  cpSync(machine.path('state'), island.path('state'), { recursive: true });
  const file = readdirSync(island.path('state')).find((name) => name.endsWith('.license.json'));
  const offline = await island.run('verify', island.path(`state/${file ?? ''}`), ...named);
  expect(offline).toMatchObject({ exitCode: 0 });
});

test('a license file that is named is given up, the installed one and one that was written elsewhere', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license);
  await using _worker = startWorker(license);
  const named = ['--product', license.product];
  for (const installed of [true, false]) {
    const path = machine.path('my.lic');
    const out = installed ? [] : ['--out', path];
    expect(await machine.run('check-out', ...named, ...out)).toMatchObject({ exitCode: 0 });
    if (installed) writeFileSync(path, installedFile(machine.path('state')));
    expect(await machine.run('check-in', path)).toMatchObject({ exitCode: 0 });
    expect(await machine.run('check-in', ...named)).toMatchObject({ exitCode: 64 });
  }
  await acquire(license);
});

test('the machine that asked by a request file gives its file up itself, once it sees a network', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license);
  await using _worker = startWorker(license);
  const named = ['--product', license.product];
  const [request = '', file = ''] = ['request.lic', 'license.lic'].map(machine.path);
  const steps = [
    ['activate', '--offline', ...named, '--out', request],
    ['check-out', '--request', request, '--out', file],
    ['activate', '--offline', ...named, '--response', file],
  ];
  for (const step of steps) expect(await machine.run(...step)).toMatchObject({ exitCode: 0 });
  const other = givenMachine('other', license, null);
  expect(await other.run('check-in', file)).toMatchObject({ exitCode: 77 });
  expect(await machine.run('check-in', ...named)).toMatchObject({ exitCode: 0 });
  await acquire(license);
});

function installedFile(state: string): string {
  const file = readdirSync(state).find((name) => name.endsWith('.license.json')) ?? '';
  const kept = JSON.parse(readFileSync(join(state, file), 'utf8')) as { licenseFile: string };
  return kept.licenseFile;
}

test('what is refused, or missing, has the exit code that it always has', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const machine = givenMachine('one', license, null);
  const command = ['check-out', '--product', license.product];
  expect(await machine.run(...command, '--no-device')).toMatchObject({ exitCode: 64 });
  writeFileSync(machine.path('none.lic'), 'Hello.');
  expect(await machine.run('check-in', machine.path('none.lic'))).toMatchObject({ exitCode: 64 });
  await acquire(license);
  expect(await machine.run(...command)).toMatchObject({ exitCode: 75 });
  await suspend(license);
  expect(await machine.run(...command)).toMatchObject({ exitCode: 77 });
});
