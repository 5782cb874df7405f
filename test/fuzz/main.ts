/**
 * `npm run fuzz`: holds the running API against its own OpenAPI document, with requests that Schemathesis
 * makes up from it. Exit code 1: something was found; 2: nothing could be looked at.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheFolder, findOnPath, schemathesisFolder } from '../../dev/setup/places.mjs';
import { startWorld } from '../load/world.ts';
import { settingsOf } from './settings.ts';
import { givenFuzzWorld } from './world.ts';

const notRunCode = 2;
/** A run that takes longer hangs. */
const runMsMax = 20 * 60_000;

const help = `Usage: npm run fuzz -- [options]

Makes up requests from the OpenAPI document, what it allows and what it does not, and holds every answer
against it: status, headers, body, credentials, methods. Needs Python 3.10 or newer with pip.

  --examples N    most made-up requests for one operation in each phase (20)
  --seed N        of what is made up (1)
  --phases LIST   examples, coverage, fuzzing, stateful (all)
  --only REGEX    operations whose id matches
  --help          show this
`;

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values: options } = parseArgs({
      options: {
        examples: { type: 'string', default: '20' },
        seed: { type: 'string', default: '1' },
        phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' },
        only: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (!options.help) return await fuzz(options);
    process.stdout.write(help);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return notRunCode;
  }
}

interface Options {
  examples: string;
  seed: string;
  phases: string;
  only?: string | undefined;
}

async function fuzz({ examples, seed, phases, only }: Options): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-fuzz-'));
  const servers = await startWorld();
  try {
    const url = `http://127.0.0.1:${String(servers.api.port)}`;
    const settings = join(folder, 'schemathesis.toml');
    const world = await givenFuzzWorld(url, servers.operatorKey);
    await writeFile(settings, settingsOf(world), { mode: 0o600 });
    const document = join(folder, 'openapi.json');
    await writeFile(document, await portableDocument(url));
    return await runSchemathesis(folder, [
      ...['--config-file', settings, 'run', document, '--url', url],
      ...['--seed', seed, '--max-examples', examples, '--phases', phases, '--workers', '1'],
      ...['--generation-database', 'none', '--no-color'],
      ...['--warnings', 'off', '--continue-on-failure'],
      ...(only === undefined ? [] : ['--include-operation-id-regex', only]),
    ]);
  } finally {
    await servers.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The document in words that Python knows: it has no classes of Unicode, and sends no lone surrogates. */
async function portableDocument(url: string): Promise<string> {
  const response = await fetch(`${url}/openapi.json`, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return text.replaceAll('\\\\p{Cc}\\\\p{Cs}', '\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f');
}

/** Runs it in a folder of its own: it may keep what it found there. @returns its exit code. */
async function runSchemathesis(folder: string, args: readonly string[]): Promise<number> {
  const python = findOnPath('python3');
  if (python === null) throw new Error('Python 3 is missing');
  const child = spawn(python, ['-s', '-m', 'schemathesis.cli', ...args], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    timeout: runMsMax,
    env: {
      ...process.env,
      SCHEMATHESIS_HOOKS: fileURLToPath(new URL('hooks.py', import.meta.url)),
      PYTHONPATH: schemathesisFolder(),
      // Bytecode beside the files would change what the cache compares.
      PYTHONPYCACHEPREFIX: join(cacheFolder(), 'pycache'),
    },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? notRunCode));
  });
}
