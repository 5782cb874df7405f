/**
 * Everything that can be said about the code without running the server: `npm run check`. Prints a
 * line per step, and what a step had to say only when it failed.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How the steps went. */
export interface CheckCounts {
  readonly passed: number;
  readonly failed: number;
}

interface Step {
  readonly name: string;
  /** A program of node_modules/.bin, or a script of ours that Node runs. */
  readonly command: readonly string[];
  /** The step exists only where this file does. */
  readonly needs?: string;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const concurrency = 2;

/** Leaves the bundle where the tests look for it. */
const bundleScript = `
  import { cachedBundle } from './workers/bundle.ts';
  await cachedBundle('node_modules/.cache/leasehold');
`;

/** The longest first, so that the two lanes end together. */
const steps: readonly Step[] = [
  { name: 'eslint', command: ['eslint', '--max-warnings', '0', '.'] },
  { name: 'tsc', command: ['tsc', '--project', '.'] },
  { name: 'prettier', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'import arrows', command: ['depcruise', '--config', '.dependency-cruiser.cjs', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'copies', command: ['jscpd', '--no-tips'] },
  {
    name: 'generated files',
    command: ['node', 'dev/generate.ts', '--check'],
    needs: 'dev/generate.ts',
  },
  { name: 'documents', command: ['node', 'dev/docs/validate.ts'], needs: 'dev/docs/validate.ts' },
  {
    name: 'workflow bundle',
    command: ['node', '--input-type=module', '--eval', bundleScript],
    needs: 'workers/bundle.ts',
  },
];

/** Runs every step, two at a time. Resolves whatever their outcome. */
export async function runChecks(): Promise<CheckCounts> {
  const waiting = steps.filter(({ needs }) => needs === undefined || existsSync(join(root, needs)));
  const outcomes: boolean[] = [];
  const lane = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      outcomes.push(await runStep(step));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const passed = outcomes.filter(Boolean).length;
  return { passed, failed: outcomes.length - passed };
}

async function runStep({ name, command }: Step): Promise<boolean> {
  const startedAt = Date.now();
  const { code, output } = await runQuietly(command);
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  if (code === 0) console.log(`ok      ${name} (${seconds} s)`);
  else console.log(`FAILED  ${name} (${seconds} s): ${command.join(' ')}\n${output.trimEnd()}`);
  return code === 0;
}

function runQuietly([program = '', ...args]: readonly string[]): Promise<{
  code: number;
  output: string;
}> {
  return new Promise((resolve) => {
    // The programs are scripts that name `node`: theirs must be this one, not the machine's.
    const command = program === 'node' ? [] : [join(root, 'node_modules', '.bin', program)];
    const child = spawn(process.execPath, [...command, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

if (import.meta.main) {
  const { passed, failed } = await runChecks();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
