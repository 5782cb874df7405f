/**
 * Mistakes in the services, each shown by an interleaving made for it: the server as it is keeps
 * its promises in it, and the server with the mistake does not.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testEnvironment } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { kmsEnvironment, startTestKms } from '../support/kms.ts';
import { startTestRedis } from '../support/redis.ts';
import { check } from './check/check.ts';
import type { Run } from './check/story.ts';
import { mutants } from './mutants.ts';
import { editsVariable, type Edit } from './mutate.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const environment = {
  ...testEnvironment(await cloneDatabase(), await startTestRedis()),
  ...kmsEnvironment(await startTestKms()),
};

/** The rules that a server with these edits breaks in a story. */
async function brokenBy(story: string, edits: readonly Edit[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', './test/faults/mutate.ts', 'test/faults/directed.ts', story],
    {
      cwd: root,
      timeout: 60_000,
      env: { ...process.env, ...environment, [editsVariable]: JSON.stringify(edits) },
    },
  );
  const run = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Run;
  return check(run).map(({ rule, text }) => `${rule} ${text}`);
}

test.each(mutants)('a server that $mistake is caught', async ({ name, edits, caughtBy }) => {
  expect(await brokenBy(name, [])).toEqual([]);
  const broken = await brokenBy(name, edits);
  expect(broken.filter((each) => each.startsWith(`${caughtBy} `))).not.toEqual([]);
});
