import { perSecond, sound, type Bench } from './bench.ts';
import { spreadOf, written, type Line } from './figures.ts';
import type { JobResult, Step } from './generator/jobs.ts';

export interface Contender {
  name: string;
  step: Step;
}

/**
 * Loads subject and floors in turn, so that whatever else the machine does meets all of them, and
 * answers the subject's figures with the ratio to each floor. The first window of each warms up.
 */
export async function contest(
  bench: Bench,
  {
    measurement,
    what,
    subject,
    floors,
    target,
  }: {
    measurement: string;
    what: string;
    subject: Contender;
    floors: Contender[];
    target?: string;
  },
): Promise<Line[]> {
  const contenders = [...floors, subject];
  const rates = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  const best: JobResult[] = [];
  for (let repetition = 0; repetition <= bench.extent.repetitions; repetition += 1) {
    for (const contender of contenders) {
      const result = await load(bench, contender.step, `${what}, ${contender.name}`);
      if (repetition === 0) continue;
      rates.get(contender.name)?.push(perSecond(result));
      if (contender === subject) best.push(result);
      bench.progress(
        `${what} ${repetition}/${bench.extent.repetitions}: ${contender.name} ${written(perSecond(result))}/s, p99 ${written(result.p99Ms)} ms`,
      );
    }
  }
  const own = rates.get(subject.name) ?? [];
  const value = spreadOf(own);
  const latency = (name: string, of: (result: JobResult) => number): Line => ({
    ...{ measurement, what: `${what}, ${name}`, unit: 'ms', value: spreadOf(best.map(of)) },
  });
  return [
    ...floors.map(({ name }): Line => {
      const floor = rates.get(name) ?? [];
      const ratio = spreadOf(own.map((rate, index) => rate / (floor[index] ?? NaN)));
      const asked = name === equalWork && target !== undefined ? { target } : {};
      const held = { name, value: spreadOf(floor), ratio };
      return { measurement, what, unit: '/s', value, floor: held, ...asked };
    }),
    latency('p50', ({ p50Ms }) => p50Ms),
    latency('p99', ({ p99Ms }) => p99Ms),
  ];
}

/** The floor that does the same work without the layers. */
export const equalWork = 'equal-work route';
export const bareRoute = 'bare route';
export const rawScript = 'raw EVALSHA';

async function load({ generator, extent }: Bench, step: Step, what: string): Promise<JobResult> {
  const { connections: lanes, windowMs: durationMs, stepsMax } = extent;
  const volume = { lanes, durationMs, stepsMax };
  return sound(await generator.run({ kind: 'loop', step, volume, keep: false }), what);
}
