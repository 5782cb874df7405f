import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { interruption } from './run.mjs';

const touchMs = 2_000;
const abandonedMs = 15_000;
const pollMs = 200;

/**
 * Does something that only one process on this machine may do at a time, after waiting for its
 * turn. The holder touches the lock every two seconds; one that was not touched for fifteen belonged
 * to a process that was killed. (Time rather than a pid: containers share folders, not pids.)
 * @template T
 * @param {string} path a folder that exists while the lock is held
 * @param {() => Promise<T>} work
 * @param {{ abandonedMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(path, work, options = {}) {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) {
    if (await isAbandoned(path, options.abandonedMs ?? abandonedMs)) await rm(path, tree);
    else await delay(pollMs, undefined, { signal: interruption.signal });
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, touchMs);
  try {
    return await work();
  } finally {
    clearInterval(touching);
    await rm(path, tree);
  }
}

const tree = { recursive: true, force: true };

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
async function take(path) {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * @param {string} path
 * @param {number} limitMs
 * @returns {Promise<boolean>}
 */
async function isAbandoned(path, limitMs) {
  const found = await stat(path).catch(() => null);
  return found !== null && Date.now() - found.mtimeMs > limitMs;
}
