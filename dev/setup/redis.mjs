import { access, rm, writeFile } from 'node:fs/promises';
import { findOnPath, findRedisServer } from './places.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, run } from './run.mjs';

const advice = 'Redis is missing: install redis-server or valkey-server, then start again.';
const startPolicy = '/usr/sbin/policy-rc.d';

/**
 * Makes sure of a Redis: on PATH, else Debian's package when root may install it.
 * @returns {Promise<void>}
 */
export async function ensureRedis() {
  if (findRedisServer() !== null) return;
  const aptGet = findOnPath('apt-get');
  if (aptGet === null || process.getuid?.() !== 0) throw new SetupError(advice);
  await step('Installing Redis with apt', () => installQuietly(aptGet));
  if (findRedisServer() === null) throw new SetupError(advice);
}

/**
 * Debian starts a service as it installs it, unless a policy forbids that: our Redis is another
 * one, and this one would keep running.
 * @param {string} aptGet
 * @returns {Promise<void>}
 */
async function installQuietly(aptGet) {
  const hasPolicy = await access(startPolicy).then(
    () => true,
    () => false,
  );
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    if (!hasPolicy) await writeFile(startPolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    await run(aptGet, ['update', '-q'], { env });
    await run(aptGet, ['install', '-q', '-y', '--no-install-recommends', 'redis-server'], { env });
  } catch (error) {
    throw advise(advice, error);
  } finally {
    if (!hasPolicy) await rm(startPolicy, { force: true });
  }
  await disableService();
}

/** Nor may it start with the machine. Where no service manager runs there is nothing to do. */
async function disableService() {
  const systemctl = findOnPath('systemctl');
  if (systemctl === null) return;
  await run(systemctl, ['disable', 'redis-server']).catch(() => undefined);
}
