import { parseArgs } from 'node:util';
import { faultNames, isFaultName, partOf, type FaultName } from './faults.ts';
import { mutants, type Mutant } from './mutants.ts';

export const help = `Usage: npm run faults -- [options]

Starts the whole server, breaks its parts on a schedule that a seed fixes while a fleet of clients uses
it, judges what the clients saw and hold, and prints a table of each fault. What breaks the stand-in for
Cloud KMS excuses nothing: no client may notice it.

  --seed N           run one seed (default: 1)
  --seeds A..B       run several
  --lanes N          share the seeds out over N servers side by side (default: 1)
  --seconds S        how long faults happen in each seed (default: 5)
  --minutes M        the same in minutes
  --only A,B         only these faults, or all of these parts: api, worker, redis, postgres, kms, …
  --mutant NAME      give the server a mistake that the fleet must catch
  --history FOLDER   write each seed's history there, as JSON lines
  --write FILE       put the table between the markers of this document
  --json             one JSON line for each seed, and one for the table, on standard output
  --list             name the faults and the mutants
  --help             show this

Exit code: 0 nothing was broken, 1 a promise was broken or a denial was wrong, 2 wrong usage.
`;

export interface Options {
  seeds: number[];
  lanes: number;
  lengthMs: number;
  only: FaultName[];
  mutant: Mutant | null;
  history: string | null;
  write: string | null;
  json: boolean;
  list: boolean;
  help: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** @throws Error with a sentence for the user when the arguments make no sense. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ seed: text, seeds: text, seconds: text, minutes: text, only: text, mutant: text },
      ...{ lanes: text, history: text, write: text, json: flag, list: flag, help: flag },
    },
  });
  const { json, list, help, history = null, write = null } = values;
  return {
    ...{ json, list, help, history, write },
    seeds: readSeeds(values.seed, values.seeds),
    lanes: readLanes(values.lanes),
    lengthMs: readLength(values.seconds, values.minutes),
    only: (values.only ?? '').split(',').filter(Boolean).flatMap(faultsNamed),
    mutant: values.mutant === undefined ? null : mutantNamed(values.mutant),
  };
}

const seedsMax = 10_000;

function readSeeds(one: string | undefined, range: string | undefined): number[] {
  if (one !== undefined && range !== undefined)
    throw new Error('Give --seed or --seeds, not both.');
  const [first = '1', last = first] = (range ?? one ?? '1').split('..');
  const [from, to] = [wholeNumber('seed', first), wholeNumber('seed', last)];
  if (range !== undefined && !/^\d+\.\.\d+$/.test(range)) throw new Error('--seeds must be A..B.');
  if (to < from || to - from >= seedsMax) throw new Error('--seeds must rise, by 10,000 at most.');
  return Array.from({ length: to - from + 1 }, (_, nth) => from + nth);
}

function readLanes(given = '1'): number {
  const lanes = wholeNumber('lanes', given);
  if (lanes < 1 || lanes > 16) throw new Error('--lanes must be from 1 to 16.');
  return lanes;
}

function readLength(seconds: string | undefined, minutes: string | undefined): number {
  if (seconds !== undefined && minutes !== undefined) {
    throw new Error('Give --seconds or --minutes, not both.');
  }
  const length =
    minutes === undefined
      ? wholeNumber('seconds', seconds ?? '5')
      : 60 * wholeNumber('minutes', minutes);
  if (length < 1 || length > 3_600) throw new Error('A seed takes from 1 second to 60 minutes.');
  return length * 1_000;
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}.`);
  return Number(text);
}

function faultsNamed(name: string): FaultName[] {
  if (isFaultName(name)) return [name];
  const ofPart = faultNames.filter((fault) => partOf(fault) === name);
  if (ofPart.length === 0) throw new Error(`There is no fault ${name}: see --list.`);
  return ofPart;
}

function mutantNamed(name: string): Mutant {
  const mutant = mutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`There is no mutant ${name}: see --list.`);
  return mutant;
}
