import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pinnedNode, root } from './packages.mjs';

/**
 * Runs a script with the pinned Node in place of this process: same streams, same signals, same
 * exit code. The Node is named by its path, since a shell may remember where an older one was.
 * @param {string} script
 * @param {readonly string[]} args
 * @returns {Promise<number>} the exit code
 */
export function handOver(script, args) {
  const PATH = [join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const child = spawn(pinnedNode, [resolve(root, script), ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH },
  });
  passOn('SIGTERM', child);
  passOn('SIGHUP', child);
  // A terminal's Ctrl-C reaches the child by itself; passing it on would make it two.
  passOn('SIGINT', process.stdin.isTTY ? null : child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/**
 * @param {NodeJS.Signals} signal
 * @param {import('node:child_process').ChildProcess | null} child
 */
function passOn(signal, child) {
  process.removeAllListeners(signal);
  process.on(signal, () => child?.kill(signal));
}
