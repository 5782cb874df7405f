import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCached } from './cache.mjs';
import { findOnPath, schemathesisFolder } from './places.mjs';
import { root } from './packages.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, interruption, run } from './run.mjs';

const advice =
  'Schemathesis needs Python 3.10 or newer with pip: install them (on Debian: python3-pip), then start again.';
/** What the command answers when it could not look, apart from 1: something was found. */
const notRunCode = 2;

/**
 * Makes sure of Schemathesis and of all that it needs, in the versions of `test/fuzz/requirements.txt`.
 * They lie in a folder of their own, outside of the machine's Python.
 *
 * @returns {Promise<void>}
 */
export async function ensureSchemathesis() {
  try {
    await ensure(['--retries', '5']);
  } catch (error) {
    process.exitCode ??= notRunCode;
    throw error;
  }
}

/**
 * The same for whoever can do without: says why it cannot be had, and soon. Where PyPI is away that is
 * after a few seconds.
 *
 * @returns {Promise<void>}
 */
export async function offerSchemathesis() {
  try {
    await ensure(['--retries', '1', '--timeout', '5']);
  } catch (error) {
    interruption.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`${reason}\nIts test is skipped.`);
  }
}

/** @returns {Promise<boolean>} whether it is there and runs */
export async function hasSchemathesis() {
  const folder = schemathesisFolder();
  const isThere = await stat(folder).catch(() => null);
  return isThere !== null && answersVersion(folder);
}

/**
 * @param {readonly string[]} patience what pip is told of how long to try
 * @returns {Promise<void>}
 */
function ensure(patience) {
  const fill = (/** @type {string} */ folder) => install(folder, patience);
  return ensureCached({ folder: schemathesisFolder(), works: answersVersion, fill });
}

/**
 * @param {string} folder
 * @param {readonly string[]} patience
 * @returns {Promise<void>}
 */
async function install(folder, patience) {
  const python = findOnPath('python3');
  if (python === null) throw new SetupError(advice);
  const hasPip = run(python, ['-m', 'pip', '--version'], { timeoutMs: 20_000 });
  await hasPip.catch((/** @type {unknown} */ cause) => {
    throw new SetupError(advice, { cause });
  });
  const requirements = join(root, 'test', 'fuzz', 'requirements.txt');
  const args = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--only-binary', ':all:'];
  await step('Installing Schemathesis with pip', () =>
    run(python, [...args, ...patience, '--target', folder, '--requirement', requirements], {
      timeoutMs: 300_000,
    }),
  ).catch((/** @type {unknown} */ cause) => {
    throw advise('Schemathesis could not be installed: see the message of pip above.', cause);
  });
}

/**
 * @param {string} folder
 * @returns {Promise<boolean>} false too when another Python than the one that installed it is found
 */
async function answersVersion(folder) {
  const python = findOnPath('python3');
  if (python === null) return false;
  // No bytecode beside the files: the cache compares their hashes.
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  const args = ['-m', 'schemathesis.cli', '--version'];
  return run(python, args, { env, timeoutMs: 60_000 }).then(
    () => true,
    () => false,
  );
}
