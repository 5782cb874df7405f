import {
  chown,
  mkdtemp,
  readdir,
  readFile,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import {
  forget,
  isRunning,
  memoryFolder,
  readMemory,
  remember,
  sweepMemory,
  type RememberedSeat,
} from '../../client/memory.ts';

/** No process has this number. */
const nobody = 2 ** 30;

function givenSeat(changes: Partial<RememberedSeat> = {}): RememberedSeat {
  return {
    ...{ url: 'http://127.0.0.1:1', licenseId: 'lic_1', product: 'cad', sessionId: 'ses_1' },
    ...{ instanceKey: 'project', holderId: 'p1', credential: 'lhs_secret', pid: process.pid },
    ...{ state: 'online', leaseUntil: '2026-03-01T12:00:00.000Z' },
    ...changes,
  };
}

async function givenFolder(): Promise<string> {
  return join(await mkdtemp(join(inject('scratchFolder'), 'memory-')), 'seats');
}

test('a seat is found by its instance until it is forgotten, one for each holder', async () => {
  const folder = await givenFolder();
  const [one, other] = [givenSeat(), givenSeat({ holderId: 'p2', sessionId: 'ses_2' })];
  const elsewhere = givenSeat({ instanceKey: 'another project' });
  expect([one, other, elsewhere].map((seat) => remember(folder, seat))).toEqual([true, true, true]);
  remember(folder, { ...one, state: 'degraded' });
  const found = readMemory(folder, 'project');
  expect(found).toHaveLength(2);
  expect(found).toEqual(expect.arrayContaining([{ ...one, state: 'degraded' }, other]));
  forget(folder, one);
  expect(readMemory(folder, 'project')).toEqual([other]);
});

test.skipIf(process.platform === 'win32')(
  'nobody else can read what is remembered, not even where the umask would let them',
  async () => {
    const folder = await givenFolder();
    const before = process.umask(0o000);
    remember(folder, givenSeat());
    process.umask(before);
    const [file = ''] = await readdir(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  },
);

test.skipIf(process.platform === 'win32')(
  'in a folder that others can write to, nothing is written through what they put there',
  async () => {
    const folder = await givenFolder();
    const seat = givenSeat();
    remember(folder, seat);
    const [file = ''] = await readdir(folder);
    const target = join(folder, 'target');
    await writeFile(target, 'untouched');
    await symlink(target, join(folder, `${file}.${process.pid}`));
    expect(remember(folder, { ...seat, state: 'degraded' })).toBe(true);
    expect(await readFile(target, 'utf8')).toBe('untouched');
    expect(readMemory(folder, 'project')).toEqual([{ ...seat, state: 'degraded' }]);
  },
);

test.skipIf(process.platform === 'win32')(
  'a seat that somebody else wrote down, or that a link leads to, is none',
  async () => {
    const folder = await givenFolder();
    remember(folder, givenSeat({ url: 'http://theirs.example' }));
    const [file = ''] = await readdir(folder);
    const elsewhere = join(folder, 'elsewhere');
    await rename(join(folder, file), elsewhere);
    await symlink(elsewhere, join(folder, file));
    expect(readMemory(folder, 'project')).toEqual([]);
    await unlink(join(folder, file));
    await rename(elsewhere, join(folder, file));
    expect(readMemory(folder, 'project')).toHaveLength(1);
    if (process.getuid?.() !== 0) return;
    await chown(join(folder, file), 1_000, 1_000);
    expect(readMemory(folder, 'project')).toEqual([]);
  },
);

test('where nothing can be written, or was damaged, there is no memory and no failure', async () => {
  const folder = await givenFolder();
  expect(readMemory(folder, 'project')).toEqual([]);
  remember(folder, givenSeat());
  const [file = ''] = await readdir(folder);
  await writeFile(join(folder, file), '{"pid": 1');
  expect(readMemory(folder, 'project')).toEqual([]);
  expect(remember(join(folder, file), givenSeat())).toBe(false);
  forget(join(folder, file), givenSeat());
});

test('what a crash left behind is removed a day after its lease, what still runs never', async () => {
  const folder = await givenFolder();
  const left = givenSeat({ holderId: 'crashed', pid: nobody });
  for (const seat of [givenSeat(), left]) remember(folder, seat);
  const leaseEnd = Date.parse(left.leaseUntil);
  sweepMemory(folder, leaseEnd + 86_400_000);
  expect(readMemory(folder, 'project')).toHaveLength(2);
  sweepMemory(folder, leaseEnd + 86_400_001);
  expect(readMemory(folder, 'project')).toEqual([givenSeat()]);
});

test('a process that is gone is told from one that runs', () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(nobody)).toBe(false);
});

test('the folder is the user’s own unless LEASEHOLD_STATE_DIR names one', () => {
  expect(memoryFolder({ LEASEHOLD_STATE_DIR: '/run/seats' })).toBe('/run/seats');
  expect(memoryFolder({})).toMatch(/leasehold/);
});
