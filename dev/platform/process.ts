import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endLeftover, sendSignal, writePidFile } from './pid-file.ts';

/** How a child is started. */
export interface ChildOptions {
  /** For messages: "postgres", "api". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Both output streams go here; each start begins a fresh file. */
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** The user to run as; only root may ask for another one. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** What asks it to stop; SIGTERM unless given. */
  readonly stopSignal?: NodeJS.Signals;
  /** How long a stop may take before SIGKILL; 3,000 unless given. */
  readonly stopTimeoutMs?: number;
  /** Remembers the child, and ends what an earlier, crashed run left in the same file. */
  readonly pidFile?: string;
}

/** Something that was started and can be stopped. */
export interface Stoppable {
  /** Resolves when it is gone, within a bounded time. Stopping twice is fine. */
  stop(): Promise<void>;
}

/** A child process of this one. */
export interface Child extends Stoppable {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when the process has ended, with a word for why: "exit code 1", "SIGKILL". */
  readonly exited: Promise<string>;
  /** The crash: SIGKILL, then waits until it is gone. */
  kill(): Promise<void>;
}

/**
 * Starts a child in a process group of its own, so that Ctrl-C reaches this process alone and the
 * stack stops in order. If this process dies without stopping it, the kernel ends the child
 * (Linux); elsewhere the next start does, through `pidFile`.
 * @throws Error when the command cannot be started.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  if (options.pidFile !== undefined) await endLeftover(options.pidFile, stopSignal);
  const spawned = spawnWithLog(options, stopSignal);
  const pid = await pidOf(spawned, options);
  const exited = exitOf(spawned);
  if (options.pidFile !== undefined) await writePidFile(options.pidFile, pid);
  const end = async (signal: NodeJS.Signals) => {
    await endChild({ pid, exited, signal, timeoutMs: options.stopTimeoutMs ?? 3_000 });
  };
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    exited,
    stop: () => end(stopSignal),
    kill: () => end('SIGKILL'),
  };
}

/**
 * Waits until a child answers, polling quickly at first.
 * @throws Error with the end of its log when it exits first, or does not answer in time.
 */
export async function untilReady(
  child: Child,
  check: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const fate: { why: string | null } = { why: null };
  void child.exited.then((why) => (fate.why = why));
  const deadline = Date.now() + timeoutMs;
  for (let pauseMs = 10; Date.now() < deadline; pauseMs = Math.min(pauseMs * 1.3, 100)) {
    if (await check()) return;
    if (fate.why !== null) throw startFailure(child, `ended at once (${fate.why})`);
    await Promise.race([delay(pauseMs), child.exited]);
  }
  await child.kill();
  throw startFailure(child, `was not ready after ${String(timeoutMs / 1_000)} s`);
}

/**
 * Stops stage after stage, everything in a stage at once. A part that fails to stop does not keep
 * the others running.
 */
export async function stopInOrder(stages: readonly (readonly Stoppable[])[]): Promise<void> {
  for (const stage of stages) {
    await Promise.allSettled(stage.map((part) => part.stop()));
  }
}

function spawnWithLog(options: ChildOptions, parentDeathSignal: NodeJS.Signals): ChildProcess {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, 'w');
  try {
    const [command, ...args] = [
      ...dieWithParent(parentDeathSignal),
      options.command,
      ...options.args,
    ] as [string, ...string[]];
    return spawn(command, args, {
      stdio: ['ignore', log, log],
      detached: true,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.user ?? {}),
    });
  } finally {
    closeSync(log);
  }
}

function pidOf(spawned: ChildProcess, { name, command }: ChildOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    spawned.once('error', (cause) => {
      reject(new Error(`${name} could not be started: ${command}: ${cause.message}`, { cause }));
    });
    spawned.once('spawn', () => {
      if (spawned.pid !== undefined) resolve(spawned.pid);
    });
  });
}

function exitOf(spawned: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    spawned.once('exit', (code, signal) => {
      resolve(signal ?? `exit code ${String(code)}`);
    });
  });
}

async function endChild(ending: {
  pid: number;
  exited: Promise<string>;
  signal: NodeJS.Signals;
  timeoutMs: number;
}): Promise<void> {
  const { pid, exited, signal, timeoutMs } = ending;
  if (await settles(exited, 0)) return;
  sendSignal(pid, signal);
  if (await settles(exited, timeoutMs)) return;
  sendSignal(-pid, 'SIGKILL');
  await exited;
}

async function settles(exited: Promise<string>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const expired = delay(withinMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([exited.then(() => true), expired]);
  } finally {
    timer.abort();
  }
}

let deathSignalTool: boolean | undefined;

function dieWithParent(signal: NodeJS.Signals): string[] {
  if (process.platform !== 'linux') return [];
  deathSignalTool ??= spawnSync('setpriv', ['--pdeathsig', 'TERM', 'true']).status === 0;
  return deathSignalTool ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), '--'] : [];
}

function startFailure(child: Child, what: string): Error {
  const lines = readFileSync(child.logFile, 'utf8').trimEnd().split('\n').slice(-15);
  return new Error(`${child.name} ${what}; see ${child.logFile}\n${lines.join('\n')}`);
}
