import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCached } from './cache.mjs';
import { root } from './packages.mjs';
import { findOnPath } from './places.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, interruption, run } from './run.mjs';

/**
 * Packages of Python that one of our tests needs, in the versions of a file. They lie in a folder of their
 * own, outside of the machine's Python.
 * @typedef {object} PythonPackages
 * @property {string} name as people know it
 * @property {string} folder where they lie, complete or absent
 * @property {string} requirements the file of their versions, from the root of the checkout
 * @property {readonly string[]} probe what Python is told to do to see that they run
 */

/**
 * Makes sure of the packages.
 * @param {PythonPackages} packages
 * @returns {Promise<void>}
 */
export function ensurePython(packages) {
  return ensure(packages, ['--retries', '5']);
}

/**
 * The same for whoever can do without: says why they cannot be had, and soon. Where PyPI is away that is
 * after a few seconds.
 * @param {PythonPackages} packages
 * @returns {Promise<void>}
 */
export async function offerPython(packages) {
  try {
    await ensure(packages, ['--retries', '1', '--timeout', '5']);
  } catch (error) {
    interruption.signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    console.error(`${reason}\nIts test is skipped.`);
  }
}

/**
 * @param {PythonPackages} packages
 * @returns {Promise<boolean>} whether they are there and run
 */
export async function hasPython(packages) {
  const isThere = await stat(packages.folder).catch(() => null);
  return isThere !== null && runs(packages, packages.folder);
}

/**
 * @param {PythonPackages} packages
 * @param {readonly string[]} patience what pip is told of how long to try
 * @returns {Promise<void>}
 */
function ensure(packages, patience) {
  return ensureCached({
    folder: packages.folder,
    works: (folder) => runs(packages, folder),
    fill: (folder) => install(packages, folder, patience),
  });
}

/**
 * @param {PythonPackages} packages
 * @param {string} folder
 * @param {readonly string[]} patience
 * @returns {Promise<void>}
 */
async function install({ name, requirements }, folder, patience) {
  const advice = `${name} needs Python 3.10 or newer with pip: install them (on Debian: python3-pip), then start again.`;
  const python = findOnPath('python3');
  if (python === null) throw new SetupError(advice);
  const hasPip = run(python, ['-m', 'pip', '--version'], { timeoutMs: 20_000 });
  await hasPip.catch((/** @type {unknown} */ cause) => {
    throw new SetupError(advice, { cause });
  });
  const args = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--only-binary', ':all:'];
  const what = ['--target', folder, '--requirement', join(root, requirements)];
  await step(`Installing ${name} with pip`, () =>
    run(python, [...args, ...patience, ...what], { timeoutMs: 300_000 }),
  ).catch((/** @type {unknown} */ cause) => {
    throw advise(`${name} could not be installed: see the message of pip above.`, cause);
  });
}

/**
 * @param {PythonPackages} packages
 * @param {string} folder
 * @returns {Promise<boolean>} false too when another Python than the one that installed them is found
 */
async function runs({ probe }, folder) {
  const python = findOnPath('python3');
  if (python === null) return false;
  // No bytecode beside the files: the cache compares their hashes.
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  return run(python, probe, { env, timeoutMs: 60_000 }).then(
    () => true,
    () => false,
  );
}
