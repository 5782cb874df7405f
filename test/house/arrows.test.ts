import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const settings = ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'];

const resultSchema = z.object({
  summary: z.object({
    violations: z.array(
      z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) }),
    ),
  }),
});

/** Runs our rules over a small repository; answers each broken rule as "rule: from → to". */
async function brokenRules(files: Record<string, string>): Promise<string[]> {
  const repository = await mkdtemp(join(inject('scratchFolder'), 'arrows-'));
  for (const name of settings) await cp(join(root, name), join(repository, name));
  await symlink(join(root, 'node_modules'), join(repository, 'node_modules'));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(repository, name)), { recursive: true });
    await writeFile(join(repository, name), content);
  }
  const program = join(root, 'node_modules', '.bin', 'depcruise');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', '.'],
    { cwd: repository },
  );
  const { violations } = resultSchema.parse(JSON.parse(stdout)).summary;
  return violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`).sort();
}

test('an arrow that the house does not have fails the check', async () => {
  const broken = await brokenRules({
    'domain/seat.ts': `export type Seat = string;`,
    'domain/clock.ts': `import { hrtime } from 'node:process';\nexport const now = hrtime;`,
    'data/sessions.ts': `import type { Seat } from '../domain/seat.ts';\nexport const s: Seat = '';`,
    'activities/sessions.ts': `export { s } from '../data/sessions.ts';`,
    'workflows/life.ts': `import type { s } from '../activities/sessions.ts';\nexport type L = typeof s;`,
    'workflows/bad.ts': `import { s } from '../activities/sessions.ts';\nexport const b = s;`,
    'api/show.ts': `import { s } from '../data/sessions.ts';\nexport const a = s;`,
    'api/server.ts': `import { s } from '../data/sessions.ts';\nexport const m = s;`,
    'services/gone.ts': `import { x } from './nowhere.ts';\nexport const y = x;`,
    'services/lazy.ts': `import { t } from '../test/tool.ts';\nexport const l = t;`,
    'test/tool.ts': `export { s as t } from '../data/sessions.ts';`,
  });
  expect(broken).toEqual([
    'arrows-of-api-opener: api/server.ts → data/sessions.ts',
    'arrows-of-api: api/show.ts → data/sessions.ts',
    'arrows-of-services: services/lazy.ts → test/tool.ts',
    'arrows-of-workflows: workflows/bad.ts → activities/sessions.ts',
    'nobody-imports-development: services/lazy.ts → test/tool.ts',
    'pure-domain: domain/clock.ts → process',
    'resolvable: services/gone.ts → ./nowhere.ts',
  ]);
});
