import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';

const setup = fileURLToPath(new URL('../../dev/setup.mjs', import.meta.url));
const script = fileURLToPath(new URL('fixtures/report.mjs', import.meta.url));

function runSetup(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [setup, script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('passes arguments on, answers with the script’s exit code and says nothing itself', async () => {
  const child = runSetup('3', '--json');
  const [stdout, stderr, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect(JSON.parse(stdout)).toEqual({ version: process.version, args: ['3', '--json'] });
  expect(stderr).toBe('');
  expect(exit).toEqual([3, null]);
});

test('passes a signal on and waits for the script’s own end', async () => {
  const child = runSetup('wait');
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await exited).toEqual([7, null]);
});

test('what only one test needs stops nobody when it cannot be had: it says so', async () => {
  const module = new URL('../../dev/setup/schemathesis.mjs', import.meta.url).href;
  const code = `await (await import('${module}')).offerSchemathesis(); console.log('goes on');`;
  const away = { PIP_INDEX_URL: 'http://127.0.0.1:9/simple', LEASEHOLD_CACHE: await newCache() };
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...away },
  });
  const [stdout, stderr, exit] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  expect(stdout).toBe('goes on\n');
  expect(stderr).toMatch(/Schemathesis .*\nIts test is skipped\.\n$/);
  expect(exit).toEqual([0, null]);
});

function newCache(): Promise<string> {
  return mkdtemp(join(inject('scratchFolder'), 'cache-'));
}
