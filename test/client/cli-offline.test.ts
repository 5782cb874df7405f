/** A machine that never sees a network: request file out, license file in, deactivation file out. */
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test, vi } from 'vitest';
import { verifyInstalledFile } from '../../client/index.ts';
import { readDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { makeLicenseFile } from '../../signing/tokens/license-file.ts';
import { commitTo, readRequestFile, type FileRequest } from '../../signing/tokens/request-file.ts';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { givenRoot } from '../support/roots.ts';
import { startCli } from './support/program.ts';

const root = givenRoot(1);
const keySet = { keys: [root.jwk] };

/** A machine with the pinned roots, and nothing that names a server. */
function givenMachine(name: string) {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'offline-'));
  const state = join(folder, 'state');
  const path = (file: string) => join(folder, file);
  writeFileSync(path('roots.json'), JSON.stringify(keySet));
  const environment = {
    ...{ LICENSE_INSTANCE_ID: name, LEASEHOLD_STATE_DIR: state, LEASEHOLD_PRODUCT: 'cad' },
    LEASEHOLD_ROOTS: path('roots.json'),
  };
  return {
    ...{ path, state, environment },
    read: (file: string) => readFileSync(path(file), 'utf8'),
    async run(args: string[], changes: Record<string, string> = {}) {
      const program = startCli(args, { environment: { ...environment, ...changes } });
      return { exitCode: await program.ended, said: program.stderr.join('\n') };
    },
  };
}

type Machine = ReturnType<typeof givenMachine>;

async function askForFile(machine: Machine): Promise<FileRequest> {
  const out = machine.path('request.lic');
  expect(await machine.run(['activate', '--offline', '--out', out])).toMatchObject({ exitCode: 0 });
  const check = readRequestFile(machine.read('request.lic'));
  if (!check.isGood) throw new Error(check.fault);
  return check.request;
}

/** As the server signs it. */
function answer({ product, usage, device, nonce }: FileRequest): Promise<string> {
  const at = Math.floor(Date.now() / 1000);
  return makeLicenseFile(root.signer, {
    ...{ iss: 'https://licenses.example.com', aud: product, sub: 'lic_1', tid: 'ten_1' },
    ...{ jti: 'chk_1', iat: at, nbf: at, exp: at + 86_400, tier: 'pro', feat: { agents: 52 } },
    ...{ seats: 5, usage: [usage], fp: device, nonce, rev_seq: 0 },
  });
}

function install(machine: Machine, file: string) {
  writeFileSync(machine.path('license.lic'), file);
  return machine.run(['activate', '--offline', '--response', machine.path('license.lic')]);
}

test('a machine asks, installs what comes back, and its programs find it without a network', async () => {
  const machine = givenMachine('one');
  const request = await askForFile(machine);
  expect(request).toMatchObject({ product: 'cad', usage: expect.any(String) as string });
  const installed = await install(machine, await answer(request));
  expect(installed.exitCode).toBe(0);
  expect(installed.said).toMatch(/lic_1 is installed for cad on this machine until \S+Z\./);
  for (const [name, value] of Object.entries(machine.environment)) vi.stubEnv(name, value);
  try {
    expect(await verifyInstalledFile()).toMatchObject({
      ...{ isGood: true, claims: { sub: 'lic_1', feat: { agents: 52 } } },
    });
    expect(await verifyInstalledFile({ product: 'cam' })).toBeNull();
  } finally {
    vi.unstubAllEnvs();
  }
  const [kept = ''] = readdirSync(machine.state);
  expect(statSync(join(machine.state, kept)).mode & 0o077).toBe(0);
  const verified = await machine.run(['verify', join(machine.state, kept)]);
  expect(verified.exitCode).toBe(0);
});

test('what was installed is good on no other machine, whoever copies the folder', async () => {
  const machine = givenMachine('one');
  await install(machine, await answer(await askForFile(machine)));
  const [kept = ''] = readdirSync(machine.state);
  const copy = await machine.run(['verify', join(machine.state, kept)], {
    LICENSE_INSTANCE_ID: 'other',
  });
  expect(copy.exitCode).toBe(1);
  const other = givenMachine('other');
  const refused = await install(other, machine.read('license.lic'));
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.said).toContain('not to be believed here (other_device)');
});

test('the answer to an earlier request is not installed, and takes nothing away', async () => {
  const machine = givenMachine('one');
  const early = await answer(await askForFile(machine));
  const request = await askForFile(machine);
  const refused = await install(machine, early);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.said).toContain('(other_request)');
  expect(await install(machine, await answer(request))).toMatchObject({ exitCode: 0 });
  expect(await install(machine, await answer(request))).toMatchObject({ exitCode: 0 });
  const forged = await install(machine, (await answer(request)).replace(/\n\w/, '\nA'));
  expect(forged.exitCode).toBe(1);
  const [kept = ''] = readdirSync(machine.state);
  expect(await machine.run(['verify', join(machine.state, kept)])).toMatchObject({ exitCode: 0 });
});

test('a revocation list that is carried there is held against what is installed, from then on', async () => {
  const machine = givenMachine('one');
  const next = givenRoot(2);
  writeFileSync(machine.path('roots.json'), JSON.stringify({ keys: [root.jwk, next.jwk] }));
  await install(machine, await answer(await askForFile(machine)));
  const at = Math.floor(Date.now() / 1000);
  const list = (seq: number, keys: string[], licenses: string[] = []) =>
    makeRevocationList(next.signer, { issuer: 'https://l', seq, keys, licenses, leases: [], at });
  const takeIn = (text: string) => {
    writeFileSync(machine.path('list'), text);
    return machine.run(['activate', '--offline', '--revocations', machine.path('list')]);
  };
  const installed = (options: { revocations?: string } = {}) => {
    for (const [name, value] of Object.entries(machine.environment)) vi.stubEnv(name, value);
    return verifyInstalledFile(options).finally(() => vi.unstubAllEnvs());
  };
  expect(await takeIn('Hello.')).toMatchObject({ exitCode: 64 });
  expect(await takeIn(await list(1, []))).toMatchObject({ exitCode: 0 });
  expect(await installed()).toMatchObject({ isGood: true });

  const answered = JSON.stringify({ seq: 2, revocations: await list(2, ['root-1']) });
  const refused = await takeIn(answered);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.said).toContain('not to be believed (revoked_key)');
  expect(await installed()).toEqual({ isGood: false, fault: 'revoked_key' });
  const older = await takeIn(await list(1, []));
  expect(older).toMatchObject({ exitCode: 1 });
  const again = await machine.run([
    ...['activate', '--offline', '--response', machine.path('license.lic')],
  ]);
  expect(again).toMatchObject({ exitCode: 1 });

  const third = await list(3, [], ['lic_1']);
  expect(await installed({ revocations: third })).toMatchObject({ fault: 'revoked_license' });
  expect(await installed()).toMatchObject({ fault: 'revoked_license' });
  await expect(installed({ revocations: 'Hello.' })).rejects.toThrow('not good itself');
});

test('giving up removes the file and proves that it was this machine, also when it is written twice', async () => {
  const machine = givenMachine('one');
  const request = await askForFile(machine);
  await install(machine, await answer(request));
  const out = machine.path('deactivation.lic');
  const given = await machine.run(['deactivate', '--offline', '--out', out]);
  expect(given).toMatchObject({ exitCode: 0 });
  const check = readDeactivationFile(machine.read('deactivation.lic'));
  if (!check.isGood) throw new Error(check.fault);
  const { secret = '', ...named } = check.deactivation;
  expect(named).toEqual({ v: 1, license: 'lic_1', file: 'chk_1', device: request.device });
  expect(await commitTo(secret)).toBe(request.nonce);
  const [kept = ''] = readdirSync(machine.state);
  expect(readFileSync(join(machine.state, kept), 'utf8')).not.toContain('LICENSE FILE');

  const again = machine.path('again.lic');
  expect(await machine.run(['deactivate', '--offline', '--out', again])).toMatchObject({
    exitCode: 0,
  });
  expect(machine.read('again.lic')).toBe(machine.read('deactivation.lic'));
});

test('where nothing is installed, or nothing names the machine for good, it says so and does nothing', async () => {
  const machine = givenMachine('one');
  const none = await machine.run(['deactivate', '--offline']);
  expect(none).toMatchObject({ exitCode: 64 });
  expect(none.said).toContain('No license file is installed for cad here.');
  const container = { LICENSE_INSTANCE_ID: '', KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const out = machine.path('request.lic');
  const unnamed = await machine.run(['activate', '--offline', '--out', out], container);
  expect(unnamed).toMatchObject({ exitCode: 64 });
  expect(unnamed.said).toContain('LICENSE_INSTANCE_ID');
  expect(existsSync(out)).toBe(false);
  expect(await machine.run(['activate'])).toMatchObject({ exitCode: 64 });
  const short = ['activate', '--offline', '--ttl', '59', '--out', out];
  expect(await machine.run(short)).toMatchObject({ exitCode: 64 });
});
