/** The load generator: a process of its own that takes one job at a time and answers its result. */
import { runBurst, runHold } from './paced.ts';
import type { Job, JobResult } from './jobs.ts';
import { runLoop } from './loop.ts';

function run(job: Job): Promise<JobResult> {
  switch (job.kind) {
    case 'loop':
      return runLoop(job);
    case 'burst':
      return runBurst(job);
    case 'hold':
      return runHold(job);
  }
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : error }),
  );
});
process.on('disconnect', () => process.exit());
