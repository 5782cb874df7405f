import { parseArgs } from 'node:util';
import type { Extent } from './bench.ts';
import { measurements } from './measurements.ts';

const names = Object.keys(measurements);

export const help = `Usage: npm run bench -- [options]

Measures one API process on this machine beside floors: routes that do the same work without the
server's layers, loaded in turn with it. Each line is a figure with its spread over repetitions and,
where there is a floor, the ratio to it.

  --only a,b      only these: ${names.join(', ')}
  --quick         a few steps of each, to see that all of it runs: the figures mean little
  --full          longer windows, more repetitions, and every outbox drained to its end
  --repetitions N windows of each contender that count
  --json          one JSON document on standard output
  --write FILE    put the table into a document, between its markers
  --help          show this
`;

const normal: Extent = {
  repetitions: 5,
  windowMs: 2_500,
  stepsMax: 1_000_000,
  connections: 10,
  burst: { perSecond: 500, durationMs: 60_000, drainMaxMs: 120_000 },
  live: { sessions: 10_000, durationMs: 120_000 },
  rebuildLeases: 100_000,
  curves: { sessions: [100, 1_000, 10_000, 100_000], pools: [1, 100, 10_000] },
};

const full: Extent = {
  ...normal,
  repetitions: 9,
  windowMs: 5_000,
  burst: { ...normal.burst, drainMaxMs: 900_000 },
};

const quick: Extent = {
  repetitions: 2,
  windowMs: 1_000,
  stepsMax: 30,
  connections: 4,
  burst: { perSecond: 50, durationMs: 1_000, drainMaxMs: 20_000 },
  live: { sessions: 50, durationMs: 2_000 },
  rebuildLeases: 500,
  curves: { sessions: [10, 100], pools: [1, 10] },
};

export function readOptions() {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      options: {
        ...{ quick: flag, full: flag, json: flag, help: flag },
        only: text,
        write: text,
        repetitions: text,
      },
    });
    const only = values.only?.split(',') ?? names;
    const unknown = only.filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new Error(`There is no measurement ${unknown.join(', ')}`);
    const extent = values.quick ? quick : values.full ? full : normal;
    const repetitions = Number(values.repetitions ?? extent.repetitions);
    if (!Number.isInteger(repetitions) || repetitions < 1 || repetitions > 100) {
      throw new Error('--repetitions takes a number from 1 to 100');
    }
    return { ...values, only, extent: { ...extent, repetitions } };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(64);
  }
}
