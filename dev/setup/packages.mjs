import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { cacheFolder, findOnPath } from './places.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, run } from './run.mjs';

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** The Node that this project is pinned to; an npm package brings it. */
export const pinnedNode = join(root, 'node_modules', 'node', 'bin', 'node');

/**
 * Makes sure that node_modules is what package-lock.json says and that the pinned Node runs.
 * @returns {Promise<void>}
 */
export async function ensurePackages() {
  if (await arePackagesCurrent()) return;
  const checkout = createHash('sha256').update(root).digest('hex').slice(0, 16);
  await withLock(join(cacheFolder(), 'locks', checkout), async () => {
    if (await arePackagesCurrent()) return;
    await step('Installing the npm packages', installPackages);
    if (await arePackagesCurrent()) return;
    throw new SetupError(
      `Node ${await pinnedVersion()} from npm does not run on this machine: Linux with glibc, or macOS, is needed.`,
    );
  });
}

async function arePackagesCurrent() {
  const wanted = await readLock('package-lock.json');
  const installed = await readLock('node_modules/.package-lock.json');
  return matchesLock(wanted, installed) && (await doesPinnedNodeRun());
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, link?: boolean }} Locked
 * @typedef {Record<string, Locked>} Lock by folder: "node_modules/pg"
 */

/**
 * Whether what npm wrote down after installing is what the lock asks for. An optional package may
 * be missing: it is another machine's.
 * @param {Lock} wanted
 * @param {Lock} installed
 * @returns {boolean}
 */
export function matchesLock(wanted, installed) {
  const isInstalled = (/** @type {[string, Locked]} */ [folder, asked]) => {
    const found = installed[folder];
    if (found === undefined) return folder === '' || asked.optional === true;
    return found.version === asked.version && found.integrity === asked.integrity;
  };
  return (
    Object.keys(installed).length > 0 &&
    Object.entries(wanted).every(isInstalled) &&
    Object.keys(installed).every((folder) => folder in wanted)
  );
}

/**
 * @param {string} file
 * @returns {Promise<Lock>}
 */
async function readLock(file) {
  try {
    const { packages } = /** @type {{ packages?: Lock }} */ (
      JSON.parse(await readFile(join(root, file), 'utf8'))
    );
    return packages ?? {};
  } catch {
    return {};
  }
}

async function pinnedVersion() {
  return (await readLock('package-lock.json'))['node_modules/node']?.version ?? '(unknown)';
}

async function doesPinnedNodeRun() {
  const answer = await run(pinnedNode, ['--version'], { timeoutMs: 20_000 }).catch(() => '');
  return answer.trim() === `v${await pinnedVersion()}`;
}

async function installPackages() {
  const options = { cwd: root };
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm start` the very npm that runs us is known, even when PATH has none.
  const script = process.env['npm_execpath'];
  const npm = findOnPath('npm');
  try {
    if (script?.endsWith('.js')) await run(process.execPath, [script, ...args], options);
    else if (npm !== null) await run(npm, args, options);
    else throw new SetupError('npm is missing: install Node.js with npm, then start again.');
  } catch (error) {
    if (error instanceof SetupError) throw error;
    throw advise('The npm packages could not be installed: see npm’s message above.', error);
  }
}
