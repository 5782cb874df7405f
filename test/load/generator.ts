import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Job, JobResult } from './generator/jobs.ts';

export interface Generator {
  pid: number;
  /** Runs one job at a time. @throws Error when the job could not be run at all. */
  run(job: Job): Promise<JobResult>;
  close(): void;
  /** SIGKILL, as a client that dies. */
  kill(): void;
}

/** Starts the process that makes the load. */
export async function startGenerator(): Promise<Generator> {
  const script = fileURLToPath(new URL('generator/main.ts', import.meta.url));
  const child = fork(script, { serialization: 'advanced' });
  await once(child, 'spawn');
  const gone = once(child, 'exit').then(() => ({ error: 'The generator ended' }));
  return {
    pid: child.pid ?? 0,
    async run(job) {
      const answer = answerOf(child);
      child.send(job);
      const outcome = await Promise.race([answer, gone]);
      if ('error' in outcome) throw new Error(outcome.error);
      return outcome.result;
    },
    close: () => child.disconnect(),
    kill: () => child.kill('SIGKILL'),
  };
}

function answerOf(child: ChildProcess): Promise<{ result: JobResult } | { error: string }> {
  return new Promise((resolve) => child.once('message', resolve));
}
