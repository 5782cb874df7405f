import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import { errorTable } from '../../domain/errors.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(async () => {
  await run(process.execPath, ['client/build.mjs'], { cwd: root });
});

test('the built package offers what its source does', async () => {
  const source = await import('../../client/index.ts');
  const script = `import * as client from '@leasehold/client'; console.log(Object.keys(client).sort().join())`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: root,
  });
  expect(stdout.trim()).toBe(Object.keys(source).sort().join());
});

test('the built command line runs through the door that npm links', async () => {
  const { stdout } = await run(process.execPath, ['client/bin/leasehold.js', '--version']);
  const manifest = await readFile(`${root}/client/package.json`, 'utf8');
  expect(stdout.trim()).toBe((JSON.parse(manifest) as { version: string }).version);
});

test('the package carries the error table and nothing else of the server', async () => {
  const built = await Promise.all(
    ['index.js', 'cli.js', 'shared.js'].map((file) =>
      readFile(`${root}/client/dist/${file}`, 'utf8'),
    ),
  );
  const text = built.join('\n');
  for (const code of Object.keys(errorTable)) expect(text).toContain(code);
  const sources = [...text.matchAll(/^\/\/ (\S+\.[jt]s)$/gm)].map(([, file]) => file ?? '');
  const domain = new Set(sources.filter((file) => file.includes('domain/')));
  expect([...domain].sort()).toEqual(['domain/errors.ts', 'domain/validation.ts']);
  expect(sources.filter((file) => !/^(client|domain)\//.test(file))).toEqual([]);
});

test('the help names every exit code', async () => {
  const { stdout } = await run(process.execPath, ['client/bin/leasehold.js', 'run', '--help']);
  for (const code of Object.values(exitCodes)) expect(stdout).toContain(String(code));
});
