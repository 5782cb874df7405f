/** All clients of a seed, and the operator. */
import { runCopy } from './copy.ts';
import type { Recorder } from './history.ts';
import type { FileReader } from './file.ts';
import { runOperator } from './operator.ts';
import { startProgram, type Program } from './program.ts';
import { createRandom } from './random.ts';
import { createRequests } from './requests.ts';
import type { Site } from './site.ts';
import type { Stack } from './stack.ts';
import { runTraveller } from './traveller.ts';

export interface Fleet {
  /** Each hits one of the clients that are processes; what it returns brings it back. */
  killProgram: (pick: number) => Promise<() => void>;
  pauseProgram: (pick: number) => () => void;
  skewProgram: (pick: number) => () => void;
  /** Everybody gives back what they hold, as far as the server answers. */
  stop: () => Promise<void>;
}

export interface FleetPlan {
  stack: Stack;
  sites: readonly Site[];
  seed: number;
  recorder: Recorder;
  /** What is added to a wall-clock time to have it on the history's clock. */
  wallOffsetMs: number;
  readFile: FileReader;
  /** Clients of each site in this process, and in processes of their own. */
  copies: number;
  programs: number;
}

const skewMs = 3_600_000;

/** Starts all of them. What they do follows from the seed, as far as the server's answers do. */
export function startFleet(plan: FleetPlan): Fleet {
  const { stack, sites, seed, recorder } = plan;
  const random = createRandom(seed);
  const stopping = new AbortController();
  const held = new Map<string, { site: Site; session: string }>();
  const url = stack.apiUrl;
  const copies = sites.flatMap((site, nth) =>
    Array.from({ length: plan.copies }, (_, n) => {
      const name = `c${String(nth)}${String(n)}`;
      const requests = createRequests({ ...plan, url, site }, name);
      const holds = (session: string | null) => {
        if (session === null) held.delete(name);
        else held.set(name, { site, session });
      };
      // Every other machine is one that is gone after its run.
      const device = { name: `device-of-${name}`, isEphemeral: n % 2 === 1 };
      const copy = { name, device, site, requests, random: random.fork(name), holds };
      return runCopy(copy, stopping.signal);
    }),
  );
  const begin = (nth: number, life: number) => {
    const site = sites[nth % sites.length];
    if (site === undefined) throw new Error('A fleet needs a site');
    const name = `p${String(nth)}.${String(life)}`;
    return startProgram({ name, seed, site, url, recorder, rootsFile: stack.rootsFile });
  };
  const travellers = sites
    .filter(({ hasFiles }) => hasFiles)
    .map((site, nth) => {
      const name = `t${String(nth)}`;
      const requests = createRequests({ ...plan, url, site }, name);
      const device = `device-of-${name}`;
      return runTraveller({ device, site, requests, random: random.fork(name) }, stopping.signal);
    });
  const programs = Array.from({ length: plan.programs }, (_, nth) => begin(nth, 0));
  const operator = runOperator({ ...plan, random: random.fork('operator'), held }, stopping.signal);
  return {
    ...breakers(programs, begin),
    async stop() {
      stopping.abort();
      const others = [...travellers, operator];
      await Promise.all([...copies, ...others, ...programs.map((program) => program.stop())]);
    },
  };
}

function breakers(programs: Program[], begin: (nth: number, life: number) => Program) {
  const lives = new Map<number, number>();
  const chosen = (pick: number) => {
    const nth = Math.floor(pick * programs.length);
    return { nth, program: programs[nth] };
  };
  return {
    async killProgram(pick: number) {
      const { nth, program } = chosen(pick);
      await program?.kill();
      const life = (lives.get(nth) ?? 0) + 1;
      lives.set(nth, life);
      return () => {
        programs[nth] = begin(nth, life);
      };
    },
    pauseProgram(pick: number) {
      const { program } = chosen(pick);
      program?.pause();
      return () => program?.resume();
    },
    skewProgram(pick: number) {
      const { program } = chosen(pick);
      program?.skew(pick < 0.5 ? skewMs : -skewMs);
      return () => program?.skew(0);
    },
  };
}
