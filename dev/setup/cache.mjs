/**
 * Big downloads, kept outside of the checkout and shared by every checkout of this user. A folder
 * appears whole or not at all, and carries the hashes of its files, which are compared each time
 * before it is used.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { withLock } from './lock.mjs';

const stampName = 'sha256.json';

/**
 * Makes sure that a cached folder is there and undamaged.
 * @param {object} wanted
 * @param {string} wanted.folder its final place
 * @param {(arriving: string) => Promise<void>} wanted.fill puts the files into an empty folder
 * @param {(folder: string) => Promise<boolean>} wanted.works whether what is there can be used;
 *   also asked of a folder without hashes, which somebody put there by hand
 * @returns {Promise<void>}
 */
export async function ensureCached({ folder, fill, works }) {
  if (await isWhole(folder, works)) return;
  await mkdir(dirname(folder), { recursive: true });
  await withLock(`${folder}.lock`, async () => {
    // Another setup may have filled it while this one waited for the lock.
    if (await isWhole(folder, works)) return;
    await removeAbandoned(folder);
    const arriving = await mkdtemp(`${folder}.arriving-`);
    try {
      await fill(arriving);
      if (!(await works(arriving))) throw new Error(`What was installed does not run: ${folder}`);
      await writeStamp(arriving);
      await rm(folder, { recursive: true, force: true });
      await rename(arriving, folder);
    } finally {
      await rm(arriving, { recursive: true, force: true });
    }
  });
}

/**
 * @param {string} folder
 * @param {(folder: string) => Promise<boolean>} works
 * @returns {Promise<boolean>}
 */
async function isWhole(folder, works) {
  if ((await stat(folder).catch(() => null)) === null) return false;
  const stamp = await readFile(join(folder, stampName), 'utf8').catch(() => null);
  if (stamp !== null) return stamp === (await hashes(folder)) && (await works(folder));
  if (!(await works(folder))) return false;
  // A cache that may only be read is fine; it is asked again next time.
  await writeStamp(folder).catch(() => undefined);
  return true;
}

/**
 * @param {string} folder
 * @returns {Promise<void>}
 */
async function writeStamp(folder) {
  await writeFile(join(folder, stampName), await hashes(folder));
}

/**
 * @param {string} folder
 * @returns {Promise<string>} path and SHA-256 of every file, as JSON
 */
async function hashes(folder) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const file of (await filesBelow(folder)).sort()) {
    const name = relative(folder, file);
    if (name !== stampName) found[name] = await sha256(file);
  }
  return JSON.stringify(found, null, 1);
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
async function filesBelow(folder) {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
  return (await Promise.all(nested)).flat();
}

/**
 * @param {string} file
 * @returns {Promise<string>}
 */
async function sha256(file) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    hash.update(/** @type {Buffer} */ (chunk));
  }
  return hash.digest('hex');
}

/**
 * A setup that was killed leaves its half-filled folder; the lock says that nobody fills one now.
 * @param {string} folder
 * @returns {Promise<void>}
 */
async function removeAbandoned(folder) {
  const prefix = `${basename(folder)}.arriving-`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(prefix)) continue;
    await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}
