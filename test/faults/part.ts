import { readFile } from 'node:fs/promises';
import { sendSignal } from '../../dev/platform/pid-file.ts';
import type { Child } from '../../dev/platform/process.ts';

/** A process of the server that can be broken and brought back, at the address that it had. */
export interface Part {
  /** SIGKILL, to its own processes too. */
  kill: () => Promise<void>;
  /** Starts it again and waits until it answers. */
  revive: () => Promise<void>;
  /** SIGSTOP, to its own processes too: it is there and does nothing. */
  pause: () => Promise<void>;
  resume: () => Promise<void>;
  stop: () => Promise<void>;
  pid: () => number;
}

/** @param begin starts the process and resolves once it answers. */
export async function startPart(begin: () => Promise<Child>): Promise<Part> {
  let child = await begin();
  const signal = async (name: NodeJS.Signals) => {
    for (const pid of await familyOf(child.pid)) sendSignal(pid, name);
  };
  return {
    async kill() {
      await signal('SIGKILL');
      await child.exited;
    },
    async revive() {
      child = await begin();
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      await signal('SIGCONT');
      await child.stop();
    },
    pid: () => child.pid,
  };
}

/** A process and the children of it, which Postgres puts into groups of their own. */
async function familyOf(pid: number): Promise<number[]> {
  const path = `/proc/${String(pid)}/task/${String(pid)}/children`;
  const children = await readFile(path, 'utf8').catch(() => '');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}
