/** A short run of `npm run fuzz`, always of the same requests. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { operations } from '../../api/routes.ts';
import { hasSchemathesis } from '../../dev/setup/schemathesis.mjs';

const isThere = await hasSchemathesis();
const bounds = ['--seed', '1', '--examples', '4', '--phases', 'examples,fuzzing'];

test.runIf(isThere)(
  'every operation answers what Schemathesis makes up from the document as the document says',
  async () => {
    const main = fileURLToPath(new URL('../fuzz/main.ts', import.meta.url));
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, [main, ...bounds], (_failure, stdout, stderr) => {
        resolve(stdout + stderr);
      });
    });
    expect(output).toContain('No issues found');
    expect(output).toMatch(new RegExp(`^ *Tested: ${String(operations.length)}$`, 'm'));
  },
  120_000,
);

test.skipIf(isThere)(
  'Schemathesis is not installed (Python 3.10 or newer with pip, then npm test): it is not tried out',
  () => undefined,
);
