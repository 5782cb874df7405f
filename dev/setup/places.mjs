/**
 * Where the server's parts are found on this machine. Setup puts them there; the starters of
 * `dev/platform/` and the tests read the same functions, so that the two cannot disagree.
 *
 * Plain JavaScript without dependencies: it runs on the machine's own Node, before anything is
 * installed.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The newest Temporal CLI that `go install` can build. */
export const temporalCliVersion = '1.5.1';

/** The time-skipping test server, as Maven names it. */
export const testServerVersion = '1.38.0';

/** The tester of OpenAPI documents; `test/fuzz/requirements.txt` pins it and all that it needs. */
const schemathesisVersion = '4.32.5';

/** What the verifier in Python uses; `client/conformance/requirements.txt` pins it. */
const cryptographyVersion = '50.0.2';

/**
 * The folder for big downloads, outside of every checkout. `LEASEHOLD_CACHE` moves it.
 * @returns {string}
 */
export function cacheFolder() {
  return process.env['LEASEHOLD_CACHE'] ?? join(homedir(), '.cache', 'leasehold');
}

/** @returns {string} the folder of the cached Temporal CLI, complete or absent. */
export function temporalCliFolder() {
  return join(cacheFolder(), `temporal-${temporalCliVersion}`);
}

/** @returns {string} the folder of the cached test server, complete or absent. */
export function testServerFolder() {
  return join(cacheFolder(), `temporal-test-server-${testServerVersion}`);
}

/** @returns {string} the folder of the cached Schemathesis, complete or absent. */
export function schemathesisFolder() {
  return join(cacheFolder(), `schemathesis-${schemathesisVersion}`);
}

/** @returns {string} the folder of the cached Python package `cryptography`, complete or absent. */
export function cryptographyFolder() {
  return join(cacheFolder(), `cryptography-${cryptographyVersion}`);
}

/**
 * The Temporal CLI: the one on PATH wins, then the cached one.
 * @returns {string | null} null when setup has to install it.
 */
export function findTemporalCli() {
  const cached = join(temporalCliFolder(), 'temporal');
  return findOnPath('temporal') ?? (isExecutable(cached) ? cached : null);
}

/**
 * The time-skipping test server (a binary, or a script that execs Java).
 * @returns {string | null} null when setup has to install it.
 */
export function findTestServer() {
  const cached = join(testServerFolder(), 'temporal-test-server');
  return isExecutable(cached) ? cached : null;
}

/**
 * A Redis-compatible server on PATH.
 * @returns {string | null} null when the machine has none.
 */
export function findRedisServer() {
  return findOnPath('redis-server') ?? findOnPath('valkey-server');
}

/**
 * @param {string} command a bare command name
 * @returns {string | null} its full path; also looks where Debian keeps servers and where Go is
 *   usually unpacked, which a plain user's PATH may leave out.
 */
export function findOnPath(command) {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...folders, '/usr/local/bin', '/usr/sbin', '/usr/local/go/bin']) {
    const candidate = join(folder, command);
    if (isExecutable(candidate)) return candidate;
  }
  return null;
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
