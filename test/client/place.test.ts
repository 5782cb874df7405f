import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { describeDevice, instanceKeyOf, isEphemeral, machineId } from '../../client/machine.ts';
import { findProjectRoot } from '../../client/project-root.ts';
import { resolvePlace, resolveProgram, resolveServer } from '../../client/settings.ts';

let scratch: string;

beforeAll(async () => {
  scratch = await realpath(await mkdtemp(join(inject('scratchFolder'), 'place-')));
});

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  const local = ['-c', 'protocol.file.allow=always', '-c', 'init.defaultBranch=main'];
  execFileSync('git', ['-C', folder, ...identity, ...local, ...args], { stdio: 'pipe' });
}

/** A checkout with one commit. */
async function givenCheckout(name: string): Promise<string> {
  const folder = join(scratch, name);
  await mkdir(join(folder, 'src', 'deep'), { recursive: true });
  git(folder, 'init');
  git(folder, 'commit', '--allow-empty', '--message', 'First');
  return folder;
}

test('every folder of a checkout belongs to the same project', async () => {
  const project = await givenCheckout('whole');
  expect(findProjectRoot(project)).toBe(project);
  expect(findProjectRoot(join(project, 'src', 'deep'))).toBe(project);
});

test('a chain of symbolic links into a submodule ends at the project around it', async () => {
  const framework = await givenCheckout('framework');
  const project = await givenCheckout('with-submodule');
  git(project, 'submodule', 'add', framework, 'submodules/core');
  await symlink('submodules/core', join(project, '.framework'));
  await symlink('.framework', join(project, '.agent'));

  expect(findProjectRoot(join(project, '.agent'))).toBe(project);
  expect(findProjectRoot(join(project, 'submodules', 'core'))).toBe(project);
});

test('two checkouts, and a worktree, are projects of their own', async () => {
  const project = await givenCheckout('first');
  const worktree = join(project, '.worktrees', 'feature');
  git(project, 'worktree', 'add', worktree);
  git(scratch, 'clone', project, 'second');

  expect(findProjectRoot(worktree)).toBe(worktree);
  expect(findProjectRoot(join(scratch, 'second'))).toBe(join(scratch, 'second'));
});

test('without a checkout a folder stands for itself, however it was reached', async () => {
  const folder = join(scratch, 'plain');
  await mkdir(folder);
  await symlink(folder, join(scratch, 'link'));
  expect(findProjectRoot(join(scratch, 'link'))).toBe(folder);
});

test('the same project is another instance on another machine, and neither shows the machine id', () => {
  const one = instanceKeyOf('machine-1', '/home/ada/project');
  expect(one).toMatch(/^[0-9a-f]{32}$/);
  expect(instanceKeyOf('machine-1', '/home/ada/project')).toBe(one);
  expect(instanceKeyOf('machine-2', '/home/ada/project')).not.toBe(one);
  expect(instanceKeyOf('machine-1', '/home/ada/other')).not.toBe(one);

  const device = describeDevice('machine-1');
  expect(device.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.stringify(device)).not.toContain('machine-1');
  expect(device.name).toBe(hostname());
});

test('a build and a container are gone after their run, a workplace is not', () => {
  const root = join(scratch, 'nothing');
  expect(isEphemeral({}, root)).toBe(false);
  expect(isEphemeral({ CI: 'false' }, root)).toBe(false);
  expect(isEphemeral({ CI: 'true' }, root)).toBe(true);
  expect(isEphemeral({ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, root)).toBe(true);
});

test.runIf(process.platform === 'linux')('a machine is known by the id that it keeps', async () => {
  const root = join(scratch, 'machine');
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc', 'machine-id'), 'a1b2c3\n');
  expect(machineId({}, root)).toBe('a1b2c3');
});

test('a container is known by LICENSE_INSTANCE_ID, else by what it has of its own while it runs', async () => {
  const container = async (name: string, boot: string | null, files: string) => {
    const root = join(scratch, name);
    await mkdir(join(root, 'etc'), { recursive: true });
    await writeFile(join(root, 'etc', 'machine-id'), 'baked into the image\n');
    await writeFile(join(root, '.dockerenv'), '');
    if (boot === null) return root;
    await mkdir(join(root, 'proc/sys/kernel/random'), { recursive: true });
    await writeFile(join(root, 'proc/sys/kernel/random/boot_id'), `${boot}\n`);
    await mkdir(join(root, 'proc/self/ns'), { recursive: true });
    await symlink(files, join(root, 'proc/self/ns/mnt'));
    return root;
  };
  const one = await container('one', 'boot-1', 'mnt:[1]');
  expect(machineId({ LICENSE_INSTANCE_ID: 'pod-1' }, one)).toBe('pod-1');
  expect(machineId({}, one)).toContain('boot-1 mnt:[1]');
  expect(machineId({}, await container('same', 'boot-1', 'mnt:[1]'))).toBe(machineId({}, one));
  expect(machineId({}, await container('two', 'boot-1', 'mnt:[2]'))).not.toBe(machineId({}, one));
  expect(machineId({}, await container('host', 'boot-2', 'mnt:[1]'))).not.toBe(machineId({}, one));

  const bare = await container('bare', null, '');
  const random = machineId({}, bare);
  expect(random).toMatch(/^[0-9a-f-]{36}$/);
  expect(machineId({}, bare)).toBe(random);
});

test('LEASEHOLD_INSTANCE_KEY decides what counts as one seat, and each call is a holder of its own', () => {
  const environment = { LEASEHOLD_INSTANCE_KEY: 'seat-of-the-team' };
  const one = resolvePlace({}, environment);
  const other = resolvePlace({}, environment);
  expect(one.instanceKey).toBe('seat-of-the-team');
  expect(one.holderId).not.toBe(other.holderId);
  expect(resolvePlace({ instanceKey: 'mine' }, environment).instanceKey).toBe('mine');
});

test('server and program come from options, the environment, or a mounted file', async () => {
  const file = join(scratch, 'license-key');
  await writeFile(file, 'LH-FROM-FILE\n');
  const environment = {
    LEASEHOLD_URL: 'https://licenses.example.com',
    LEASEHOLD_LICENSE_KEY_FILE: file,
    LEASEHOLD_PRODUCT: 'acme-cad',
    LEASEHOLD_VERSION: '1.4.0',
    LEASEHOLD_USAGE_TYPE: 'runtime',
  };
  expect(resolveServer({}, environment)).toEqual({
    url: 'https://licenses.example.com',
    licenseKey: 'LH-FROM-FILE',
  });
  expect(resolveProgram({ version: '2.0.0' }, environment)).toEqual({
    product: 'acme-cad',
    version: '2.0.0',
    usageType: 'runtime',
  });
});

test('what is missing is named all at once, and what is wrong is said', () => {
  const misconfigured = (detail: RegExp) =>
    expect.objectContaining({
      ...{ code: 'misconfigured', conclusive: false },
      detail: expect.stringMatching(detail) as string,
    }) as Error;
  expect(() => resolveServer({}, {})).toThrow(
    misconfigured(/LEASEHOLD_URL.* and .*LEASEHOLD_LICENSE_KEY/),
  );
  expect(() => resolveServer({ url: 'licenses', licenseKey: 'x' }, {})).toThrow(
    misconfigured(/http/),
  );
  expect(() =>
    resolveProgram({ product: 'a', version: '1' }, { LEASEHOLD_USAGE_TYPE: 'fun' }),
  ).toThrow(misconfigured(/builder or runtime/));
});
