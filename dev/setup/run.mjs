import { spawn } from 'node:child_process';
import { SetupError } from './progress.mjs';

const keptOutput = 20_000;

/** Aborted by Ctrl-C and SIGTERM, which ends the command that runs just then. */
export const interruption = new AbortController();

/**
 * Runs a command without showing its output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number }} [options]
 * @returns {Promise<string>} what it wrote on both streams, at most the last 20,000 characters
 * @throws {CommandError} when it cannot be started, fails, or takes longer than `timeoutMs`
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: interruption.signal,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-keptOutput);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (cause) => {
      reject(new CommandError(`${command}: ${cause.message}`, output));
    });
    child.once('close', (code, signal) => {
      const call = [command, ...args].join(' ');
      if (code === 0) resolve(output);
      else reject(new CommandError(`${call} ended with ${signal ?? String(code)}`, output));
    });
  });
}

/** A command that failed, with what it wrote. */
class CommandError extends Error {
  /** @override */
  name = 'CommandError';

  /**
   * @param {string} message
   * @param {string} output
   */
  constructor(message, output) {
    super(message);
    this.output = output;
  }
}

/**
 * Turns a failure into a sentence that says what to do, with the end of what the command wrote.
 * @param {string} advice
 * @param {unknown} error
 * @returns {SetupError}
 */
export function advise(advice, error) {
  if (interruption.signal.aborted) return new SetupError('Interrupted.', { cause: error });
  const output = error instanceof CommandError ? error.output.trimEnd() : '';
  const reason = output === '' && error instanceof Error ? error.message : output;
  return new SetupError(reason === '' ? advice : `${shorten(reason)}\n${advice}`, { cause: error });
}

/**
 * The reason may stand at the beginning (npm) or at the end (a compiler).
 * @param {string} text
 * @returns {string} at most 30 lines
 */
function shorten(text) {
  const lines = text.split('\n');
  return lines.length <= 30 ? text : [...lines.slice(0, 15), '…', ...lines.slice(-14)].join('\n');
}
