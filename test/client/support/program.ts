/** Programs of our users: real processes, whose every line of output can be waited for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, inject } from 'vitest';

export interface Program {
  pid: number;
  /** Everything it wrote so far, by line. */
  stdout: string[];
  stderr: string[];
  /** Waits for a line of either output, past or future. */
  line: (matches: RegExp) => Promise<string>;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  kill: (signal: NodeJS.Signals) => void;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const running = new Set<Program>();

afterEach(async () => {
  for (const program of running) program.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
});

/** Runs a module of ours with this Node. */
export function startProgram(
  args: string[],
  options: { environment?: Record<string, string>; node?: string; cwd?: string } = {},
): Program {
  const child = spawn(options.node ?? process.execPath, args, {
    cwd: options.cwd ?? root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: collect(child.stdout), stderr: collect(child.stderr) };
  const program: Program = {
    pid: child.pid ?? 0,
    stdout: output.stdout.lines,
    stderr: output.stderr.lines,
    line: (matches) => Promise.race([output.stdout.line(matches), output.stderr.line(matches)]),
    ended: once(child, 'close').then(
      ([code, signal]) => (code ?? signal) as number | NodeJS.Signals,
    ),
    kill: (signal) => child.kill(signal),
  };
  running.add(program);
  void program.ended.then(() => running.delete(program));
  return program;
}

/** `leasehold …`, from its source. What it remembers stays among the files of the test run. */
export function startCli(
  args: string[],
  options: { environment?: Record<string, string> } = {},
): Program {
  const environment = {
    LEASEHOLD_STATE_DIR: join(inject('scratchFolder'), 'seats'),
    ...options.environment,
  };
  return startProgram(['client/cli/main.ts', ...args], { environment });
}

function collect(stream: NodeJS.ReadableStream): {
  lines: string[];
  line: (matches: RegExp) => Promise<string>;
} {
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  createInterface(stream).on('line', (line) => {
    lines.push(line);
    for (const watcher of watchers) watcher(line);
  });
  return {
    lines,
    line: (matches) => {
      const past = lines.find((line) => matches.test(line));
      if (past !== undefined) return Promise.resolve(past);
      return new Promise((resolve) => {
        const watcher = (line: string) => {
          if (!matches.test(line)) return;
          watchers.delete(watcher);
          resolve(line);
        };
        watchers.add(watcher);
      });
    },
  };
}
