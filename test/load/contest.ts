import { perSecond, sound, type Bench } from './bench.ts';
import { spreadOf, written, type Line, type Spread } from './figures.ts';
import type { JobResult, Step } from './generator/jobs.ts';
import { cpuMsOf } from './usage.ts';

export interface Contender {
  name: string;
  step: Step;
  /** The server's process; none where the generator speaks to Redis itself. */
  pid?: number;
}

interface Contest {
  measurement: string;
  what: string;
  subject: Contender;
  floors: Contender[];
  /** What the design asks of the ratio to the floor of equal work. */
  target?: string;
}

interface Window extends JobResult {
  /** CPU time of the server's process for one step. */
  cpuUs: number;
}

/** The floor that does the same work without the layers. */
export const equalWork = 'equal-work route';
export const bareRoute = 'bare route';
export const rawScript = 'raw EVALSHA';

const warmUps = 3;

/**
 * Loads subject and floors in turn, so that whatever else the machine does meets all of them, and
 * answers the subject's figures with the ratio to each floor. The first windows of each warm up: the
 * compiler takes tens of thousands of requests over a server's code.
 */
export async function contest(
  bench: Bench,
  { subject, floors, ...about }: Contest,
): Promise<Line[]> {
  const contenders = [...floors, subject];
  const windows = new Map<Contender, Window[]>(contenders.map((contender) => [contender, []]));
  const { repetitions } = bench.extent;
  for (let repetition = 1 - warmUps; repetition <= repetitions; repetition += 1) {
    for (const contender of contenders) {
      const window = await load(bench, contender, about.what);
      if (repetition <= 0) continue;
      windows.get(contender)?.push(window);
      const { name } = contender;
      const rate = written(perSecond(window));
      bench.progress(
        `${about.what} ${repetition}/${repetitions}: ${name} ${rate}/s, p99 ${written(window.p99Ms)} ms, ${written(window.cpuUs)} µs CPU`,
      );
    }
  }
  const own = windows.get(subject) ?? [];
  const against = (floor: Contender, figure: (window: Window) => number) => {
    const others = windows.get(floor) ?? [];
    const ratios = own.map((window, index) => figure(window) / otherFigure(others[index], figure));
    return { name: floor.name, value: spreadOf(others.map(figure)), ratio: spreadOf(ratios) };
  };
  const { measurement, what, target } = about;
  const line = (name: string, unit: string, value: Spread): Line => {
    return { measurement, what: name, unit, value };
  };
  const equal = floors.find(({ name }) => name === equalWork);
  return [
    ...floors.map((floor) => ({
      ...line(what, '/s', spreadOf(own.map(perSecond))),
      floor: against(floor, perSecond),
      ...(floor === equal && target !== undefined ? { target } : {}),
    })),
    line(`${what}, p50`, 'ms', spreadOf(own.map(({ p50Ms }) => p50Ms))),
    line(`${what}, p99`, 'ms', spreadOf(own.map(({ p99Ms }) => p99Ms))),
    {
      ...line(`${what}, CPU of the process`, 'µs', spreadOf(own.map(({ cpuUs }) => cpuUs))),
      ...(equal === undefined ? {} : { floor: against(equal, ({ cpuUs }) => cpuUs) }),
    },
  ];
}

function otherFigure(window: Window | undefined, figure: (window: Window) => number): number {
  return window === undefined ? NaN : figure(window);
}

async function load({ generator, extent }: Bench, contender: Contender, what: string) {
  const { connections: lanes, windowMs: durationMs, stepsMax } = extent;
  const volume = { lanes, durationMs, stepsMax };
  const { name, step, pid } = contender;
  const before = pid === undefined ? NaN : await cpuMsOf(pid);
  const result = await generator.run({ kind: 'loop', step, volume, keep: false });
  const after = pid === undefined ? NaN : await cpuMsOf(pid);
  sound(result, `${what}, ${name}`);
  return { ...result, cpuUs: ((after - before) * 1_000) / result.steps };
}
