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

/** What the file consists of: itself and what it imports of the package, at once or also when needed. */
async function builtText(
  file: string,
  how: { andWhenNeeded: boolean },
  seen = new Set<string>(),
): Promise<string> {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = await readFile(`${root}/client/dist/${file}`, 'utf8');
  const imports = how.andWhenNeeded ? /(?:from |import\()"\.\/([^"]+)"/g : /from "\.\/([^"]+)"/g;
  const parts = [...text.matchAll(imports)].map(([, part = '']) => builtText(part, how, seen));
  return [text, ...(await Promise.all(parts))].join('\n');
}

test('the package carries the error table, the formats of tokens and nothing else of the server', async () => {
  const whole = { andWhenNeeded: true };
  const text = `${await builtText('index.js', whole)}\n${await builtText('cli.js', whole)}`;
  for (const code of Object.keys(errorTable)) expect(text).toContain(code);
  const sources = [...text.matchAll(/^\/\/ (\S+\.[jt]s)$/gm)].map(([, file]) => file ?? '');
  const domain = new Set(sources.filter((file) => file.includes('domain/')));
  expect([...domain].sort()).toEqual([
    ...['domain/entitlement.ts', 'domain/errors.ts', 'domain/validation.ts'],
  ]);
  const others = sources.filter((file) => !/^(client|domain)\//.test(file));
  expect(others).not.toEqual([]);
  expect(others.filter((file) => !file.startsWith('signing/tokens/'))).toEqual([]);
});

test('a program that pins no roots loads nothing that verifies', async () => {
  const atOnce = (file: string) => builtText(file, { andWhenNeeded: false });
  expect(await atOnce('index.js')).not.toMatch(/from "(jose|zod)"/);
  expect(await atOnce('cli.js')).not.toMatch(/from "(jose|zod)"/);
  expect(await atOnce('verify.js')).toMatch(/from "jose"/);
});

test('the help names every exit code', async () => {
  const help = async (command: string) => {
    const args = ['client/bin/leasehold.js', command, '--help'];
    return (await run(process.execPath, args)).stdout;
  };
  const { notProven, ...others } = exitCodes;
  const ofRun = await help('run');
  for (const code of Object.values(others)) expect(ofRun).toContain(String(code));
  expect(await help('verify')).toMatch(new RegExp(`^ +${notProven}  `, 'm'));
});
