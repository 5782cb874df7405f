import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, inject, onTestFinished, test, vi } from 'vitest';
import { claim, livingProcess, sendSignal, writePidFile } from '../../dev/platform/pid-file.ts';
import { startChild, stopInOrder, untilReady, type Child } from '../../dev/platform/process.ts';

let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(inject('scratchFolder'), 'process-'));
});

/** A child that says when it is ready to be told to stop. */
async function startNode(code: string, options: { pidFile?: string } = {}): Promise<Child> {
  const child = await startChild({
    name: 'child',
    command: process.execPath,
    args: ['--eval', `${code}; console.log('ready'); setInterval(() => undefined, 1000)`],
    logFile: join(dir, 'child.log'),
    stopTimeoutMs: 200,
    ...options,
  });
  onTestFinished(() => child.kill());
  await untilReady(child, async () => (await readFile(child.logFile, 'utf8')).includes('ready'));
  return child;
}

test('kills a child that does not stop when asked', async () => {
  const child = await startNode(`process.on('SIGTERM', () => undefined)`);
  await child.stop();
  expect(await child.exited).toBe('SIGKILL');
});

test('stops a second time without a fault', async () => {
  const child = await startNode('');
  await stopInOrder([[child], [child]]);
  expect(await child.exited).toBe('SIGTERM');
});

test('tells the end of the log when a child ends before it is ready', async () => {
  const child = await startChild({
    name: 'child',
    command: process.execPath,
    args: ['--eval', `console.error('the disk is full'); process.exit(4)`],
    logFile: join(dir, 'child.log'),
  });
  const ready = untilReady(child, () => Promise.resolve(false));
  await expect(ready).rejects.toThrow(/child ended at once \(exit code 4\)[^]*the disk is full/);
});

test('ends what a crashed run left behind before starting its successor', async () => {
  const pidFile = join(dir, 'child.pid');
  const left = await startNode('', { pidFile });
  const next = await startNode('', { pidFile });
  expect(await left.exited).toBe('SIGTERM');
  expect(await livingProcess(pidFile)).toBe(next.pid);
});

test('leaves a stranger alone who got the pid of a process that is gone', async () => {
  const pidFile = join(dir, 'child.pid');
  const child = await startNode('');
  await writeFile(pidFile, JSON.stringify({ pid: child.pid, startedAt: 'another time' }));
  expect(await livingProcess(pidFile)).toBeNull();
});

test('lets one living process at a time claim a folder', async () => {
  const file = join(dir, 'lock');
  const release = await claim(file, 'taken');
  await expect(claim(file, 'taken')).rejects.toThrow('taken');
  await release();
  await expect(claim(file, 'taken')).resolves.toBeTypeOf('function');
});

test.runIf(process.platform === 'linux')('leaves no server behind when it is killed', async () => {
  const script = fileURLToPath(new URL('fixtures/parent.ts', import.meta.url));
  const parent = spawn(process.execPath, [script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const { pid } = JSON.parse(line.toString()) as { pid: number };
  onTestFinished(() => {
    sendSignal(pid, 'SIGKILL');
  });
  const witness = join(dir, 'witness.pid');
  await writePidFile(witness, pid);
  parent.kill('SIGKILL');
  await vi.waitUntil(async () => (await livingProcess(witness)) === null, { timeout: 5_000 });
});
