import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { mutants } from './mutants.ts';
import { applyEdits, editsVariable, type Edit } from './mutate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a fresh process prints that was started with the edits. */
function runWith(edits: readonly Edit[], script: string): string {
  return execFileSync(
    process.execPath,
    ['--import', './test/faults/mutate.ts', '--input-type=module', '--eval', script],
    {
      cwd: root,
      env: { ...process.env, [editsVariable]: JSON.stringify(edits) },
      encoding: 'utf8',
    },
  ).trim();
}

test('a module is loaded with its edits, and only that module', () => {
  const edits = [{ file: 'domain/license.ts', from: "return 'open'", to: "return 'revoked'" }];
  const script = `
    import { poolStatusOf } from './domain/license.ts';
    import { deriveLicense } from './domain/license.ts';
    console.log(poolStatusOf('active'), deriveLicense({ suspendedAt: null, revokedAt: null, expiresAt: null, seats: 1 }, new Date()).status);`;
  expect(runWith(edits, script)).toBe('revoked active');
});

test('a Lua script is loaded with its edits', () => {
  const edits = [
    { file: 'lua/include/promote.lua', from: 'local offersMax = 500', to: '--edited' },
  ];
  const script = `
    import { loadScript } from './lua/load.ts';
    console.log(loadScript('poll-queue.lua').includes('--edited'));`;
  expect(runWith(edits, script)).toBe('true');
});

test('an edit whose text is not there exactly once is refused', () => {
  const edit = { file: 'a.ts', from: 'x', to: 'y' };
  expect(applyEdits([edit], 'a.ts', 'axb')).toBe('ayb');
  expect(applyEdits([edit], 'b.ts', 'axb')).toBe('axb');
  expect(() => applyEdits([edit], 'a.ts', 'axbx')).toThrow('exactly once');
  expect(() => applyEdits([edit], 'a.ts', 'ab')).toThrow('exactly once');
});

test.each(mutants)('$name changes what the sources say today', ({ edits }) => {
  const files = JSON.stringify(edits.map(({ file }) => file));
  const script = `
    import { readFileSync } from 'node:fs';
    for (const file of ${files}) {
      if (file.endsWith('.lua')) readFileSync(file, 'utf8');
      else await import('./' + file);
    }
    console.log('loaded');`;
  expect(runWith(edits, script)).toBe('loaded');
});
