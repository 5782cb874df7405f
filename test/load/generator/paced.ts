/** Loads that keep a pace of their own: what is due is sent, whether or not the answers have come. */
import { setTimeout as delay } from 'node:timers/promises';
import { openConnection, type Connection } from './connection.ts';
import type { Job, JobResult } from './jobs.ts';
import { acquireSeat, heartbeatOf, Unwanted } from './seats.ts';
import { createTally, type Tally } from './tally.ts';

const tickMs = 5;

interface Pace {
  perSecond: number;
  durationMs: number;
  connections: Connection[];
  /** What is done the n-th time. */
  act: (connection: Connection, n: number) => Promise<void>;
}

export async function runBurst(job: Extract<Job, { kind: 'burst' }>): Promise<JobResult> {
  const connections = await openAll(job.door.port, job.connections);
  const tally = createTally();
  return keepPace(tally, {
    ...job,
    connections,
    act: async (connection) => {
      tally.keep(await acquireSeat(connection, job.door));
    },
  });
}

export async function runHold(job: Extract<Job, { kind: 'hold' }>): Promise<JobResult> {
  const { sessions, everyMs, durationMs } = job;
  const connections = await openAll(job.port, job.connections);
  return keepPace(createTally(), {
    ...{ perSecond: (sessions.length * 1_000) / everyMs, durationMs, connections },
    act: async (connection, n) => {
      const session = sessions[n % sessions.length];
      if (session === undefined) return;
      const reply = await connection.send(heartbeatOf(session));
      if (reply.status !== 200) throw new Unwanted(reply);
    },
  });
}

function openAll(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => openConnection(port)));
}

/** A step that waits for a free connection waits as part of its latency. */
async function keepPace(tally: Tally, pace: Pace): Promise<JobResult> {
  const idle = [...pace.connections];
  const due: { n: number; at: number }[] = [];
  const underWay = new Set<Promise<void>>();
  const total = Math.round((pace.perSecond * pace.durationMs) / 1_000);
  const startedAt = performance.now();

  const act = async (connection: Connection, { n, at }: { n: number; at: number }) => {
    try {
      await pace.act(connection, n);
      tally.took(performance.now() - at);
    } catch (error) {
      tally.fault(error instanceof Error ? error.message : String(error));
    }
    idle.push(connection);
    pump();
  };
  const pump = () => {
    while (idle.length > 0) {
      const next = due.shift();
      if (next === undefined) return;
      // The one that rested longest: a server closes what rests for seconds.
      const connection = idle.shift();
      if (connection === undefined) return;
      const work = act(connection, next).finally(() => underWay.delete(work));
      underWay.add(work);
    }
  };

  for (let n = 0; n < total;) {
    const elapsed = performance.now() - startedAt;
    const until = Math.min(total, Math.floor((elapsed * pace.perSecond) / 1_000));
    for (; n < until; n += 1) due.push({ n, at: startedAt + (n * 1_000) / pace.perSecond });
    pump();
    await delay(tickMs);
  }
  // Each has a deadline of its own, so this ends.
  while (underWay.size > 0) await Promise.race(underWay);
  for (const connection of pace.connections) connection.close();
  return tally.result((performance.now() - startedAt) / 1_000);
}
