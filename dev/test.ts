/**
 * `npm test`: every check, then every test. Arguments go to vitest: `npm test -- test/lua`. The last
 * line is `N passed, N failed`, a check counting as one.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { runChecks, type CheckCounts } from './check.ts';

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      status: z.string(),
      assertionResults: z.array(
        z.object({
          status: z.string(),
          fullName: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/**
 * Counts what vitest reports. A file that could not even be loaded has no tests and counts as one
 * failure; so does a run that failed for none of its tests.
 */
export function countTests(report: unknown, exitCode: number): CheckCounts {
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) return { passed: 0, failed: 1 };
  const { numPassedTests, numFailedTests, testResults } = parsed.data;
  const unloaded = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = numFailedTests + unloaded.length;
  return { passed: numPassedTests, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}

/** The names of the tests that passed, but not at once: `vitest.config.ts` says when one may. */
export function secondTries(report: unknown): string[] {
  const parsed = reportSchema.safeParse(report);
  return (parsed.data?.testResults ?? [])
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status, failureMessages }) => status === 'passed' && !!failureMessages?.length)
    .map(({ fullName }) => fullName);
}

async function runTests(args: readonly string[]): Promise<CheckCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-report-'));
  const outputFile = join(folder, 'report.json');
  try {
    const exitCode = await runVitest([
      ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`],
      ...args,
    ]);
    const report: unknown = JSON.parse(await readFile(outputFile, 'utf8').catch(() => 'null'));
    for (const name of secondTries(report)) console.log(`Passed at the second try only: ${name}`);
    return countTests(report, exitCode);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runVitest(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // A terminal's Ctrl-C reaches vitest by itself.
      if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

if (import.meta.main) {
  const checks = await runChecks();
  const tests = await runTests(process.argv.slice(2));
  const failed = checks.failed + tests.failed;
  console.log(`${checks.passed + tests.passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
