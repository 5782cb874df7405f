import { openConnection } from './connection.ts';
import type { HeldSession, Job, JobResult, Step } from './jobs.ts';
import { scriptLane } from './scripts.ts';
import { acquireSeat, releaseSeat, Unwanted } from './seats.ts';
import { createTally } from './tally.ts';

/** One step of one lane; answers the session that it took and kept. */
export type LaneStep = () => Promise<HeldSession | undefined>;

export interface Lane {
  step: LaneStep;
  close: () => void;
}

/** Runs a step in every lane, one after another, until the time is over or enough were made. */
export async function runLoop(job: Extract<Job, { kind: 'loop' }>): Promise<JobResult> {
  const { volume, keep } = job;
  const tally = createTally();
  const lanes = await Promise.all(
    Array.from({ length: volume.lanes }, (_, index) => openLane(job.step, index, volume.lanes)),
  );
  let begun = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + volume.durationMs;
  const run = async ({ step }: Lane) => {
    for (let now = startedAt; now < endsAt && begun < volume.stepsMax;) {
      begun += 1;
      try {
        const session = await step();
        if (keep && session !== undefined) tally.keep(session);
        const after = performance.now();
        tally.took(after - now);
        now = after;
      } catch (error) {
        tally.fault(error instanceof Error ? error.message : String(error));
        now = performance.now();
      }
    }
  };
  await Promise.all(lanes.map(run));
  const seconds = (performance.now() - startedAt) / 1_000;
  for (const lane of lanes) lane.close();
  return tally.result(seconds);
}

async function openLane(step: Step, index: number, lanes: number): Promise<Lane> {
  switch (step.kind) {
    case 'renew-script':
    case 'acquire-script':
      return scriptLane(step, index, lanes);
    case 'calls': {
      const connection = await openConnection(step.port);
      const own = step.calls.filter((_, at) => at % lanes === index);
      const calls = own.length > 0 ? own : step.calls;
      let next = 0;
      return {
        close: () => connection.close(),
        async step() {
          const call = calls[next++ % calls.length];
          if (call === undefined) throw new Error('A lane without calls');
          const reply = await connection.send(call);
          if (reply.status !== 200) throw new Unwanted(reply);
          return undefined;
        },
      };
    }
    case 'acquire': {
      const connection = await openConnection(step.door.port);
      return {
        close: () => connection.close(),
        async step() {
          const session = await acquireSeat(connection, step.door);
          if (!step.release) return session;
          await releaseSeat(connection, session);
          return undefined;
        },
      };
    }
  }
}
