/** Three short seeds of `npm run faults` on the whole server. */
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { keyFolder } from '../support/kms.ts';
import { keepHistory, runSeed } from './run-seed.ts';
import { startStack } from './stack.ts';

const folder = join(inject('scratchFolder'), 'faults');
// Making a key takes seconds.
await cp(await keyFolder(), join(folder, 'kms', 'keys'), { recursive: true });
const stack = await startStack(folder, []);

afterAll(async () => {
  await stack.stop();
  await removePostgresFolder(join(folder, 'postgres'));
}, 60_000);

test.each([
  { seed: 22, only: ['redis-promote', 'program-pause'] },
  { seed: 31, only: ['api-kill', 'redis-restart-without-aof', 'client-reset'] },
  { seed: 33, only: ['postgres-kill', 'redis-flush', 'redis-disk-full'] },
] as const)(
  'seed $seed breaks $only, and no promise and no denial is wrong',
  async (plan) => {
    const stopping = new AbortController().signal;
    const size = { lengthMs: 2_500, copies: 4, programs: 1, stopping };
    const result = await runSeed(stack, { ...size, ...plan });
    const { faults, run, violations } = result;
    const folder = join(tmpdir(), 'leasehold-faults');
    const kept = violations.length === 0 ? 'nowhere' : await keepHistory(folder, result);
    expect(violations, `the history is in ${kept}`).toEqual([]);
    expect(faults.length).toBe(2);
    expect(run.ledger.length).toBeGreaterThan(5);
  },
  120_000,
);
