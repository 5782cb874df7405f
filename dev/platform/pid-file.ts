import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * A pid alone may belong to somebody else by now: the kernel's start time of the process tells.
 */
interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

const endTimeoutMs = 5_000;

/** Remembers a running process in a file, so that the next start can find it. */
export async function writePidFile(path: string, pid: number): Promise<void> {
  const startedAt = await startTimeOf(pid);
  if (startedAt === null) return;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ pid, startedAt } satisfies ProcessIdentity));
}

/**
 * The process that a file names, if that very process still runs.
 * @returns its pid, or null: no file, an unreadable one, a dead process, or a reused pid.
 */
export async function livingProcess(path: string): Promise<number | null> {
  const identity = await readIdentity(path);
  if (identity === null) return null;
  return (await startTimeOf(identity.pid)) === identity.startedAt ? identity.pid : null;
}

/**
 * Makes this process the only one that holds a file, until it lets go of it or dies.
 * @returns what lets go.
 * @throws Error with the given sentence when a living process holds it.
 */
export async function claim(path: string, refusal: string): Promise<() => Promise<void>> {
  if ((await livingProcess(path)) !== null) throw new Error(refusal);
  await writePidFile(path, process.pid);
  return () => rm(path, { force: true });
}

/**
 * Ends what a crashed run left behind: asks, then kills after five seconds. Then removes the file.
 */
export async function endLeftover(path: string, signal: NodeJS.Signals): Promise<void> {
  const deadline = Date.now() + endTimeoutMs;
  for (let asked = false; ; asked = true) {
    const pid = await livingProcess(path);
    if (pid === null) break;
    if (!asked) sendSignal(pid, signal);
    else if (Date.now() > deadline) sendSignal(pid, 'SIGKILL');
    await delay(20);
  }
  await rm(path, { force: true });
}

/** Sends a signal; a process that is already gone is fine. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH';
}

async function readIdentity(path: string): Promise<ProcessIdentity | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    if (!('pid' in value) || typeof value.pid !== 'number') return null;
    if (!('startedAt' in value) || typeof value.startedAt !== 'string') return null;
    return { pid: value.pid, startedAt: value.startedAt };
  } catch {
    return null;
  }
}

async function startTimeOf(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
}

async function linuxStartTime(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    // The command name may hold spaces and brackets: fields count from behind its last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const isZombie = fields[0] === 'Z';
    return isZombie ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

async function psStartTime(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]);
    return stdout.trim() || null;
  } catch {
    return null;
  }
}
