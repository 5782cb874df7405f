/** What a run of several seeds comes to: printed, or put into a document. */
import { readFile, writeFile } from 'node:fs/promises';
import { isWrongDenial } from './check/check.ts';
import type { Options } from './options.ts';
import type { SeedResult } from './run-seed.ts';
import { showTallies, type Tallies } from './tally.ts';

export interface Summary {
  seeds: number;
  faults: number;
  violations: number;
  wrongDenials: number;
  tallies: Tallies;
}

export function summarize(results: readonly SeedResult[], tallies: Tallies): Summary {
  const violations = results.flatMap((result) => result.violations);
  const wrongDenials = violations.filter(isWrongDenial).length;
  return {
    seeds: results.length,
    faults: results.reduce((sum, { faults }) => sum + faults.length, 0),
    violations: violations.length - wrongDenials,
    wrongDenials,
    tallies,
  };
}

/** 0 when every promise was kept to the end, else 1. */
export function exitCodeOf(results: readonly SeedResult[], undelivered: number): 0 | 1 {
  return undelivered === 0 && results.every(({ violations }) => violations.length === 0) ? 0 : 1;
}

/** Ctrl-C ends the last seed early, and the table shows what was seen until then. */
export async function conclude(options: Options, summary: Summary): Promise<void> {
  const { tallies, ...sums } = summary;
  const table = showTallies(tallies);
  const sentence = `${String(sums.seeds)} seeds, ${String(sums.faults)} faults: ${String(sums.violations)} violations, ${String(sums.wrongDenials)} wrong denials.`;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...sums, table: Object.fromEntries(tallies) })}\n`);
  } else {
    process.stdout.write(`\n${table}\n\n${sentence}\n`);
  }
  if (options.write !== null) await writeTable(options.write, `${sentence}\n\n${table}`);
}

const begin = '<!-- figures: begin -->';
const end = '<!-- figures: end -->';

/** @throws Error when the document has no place for the table. */
async function writeTable(file: string, text: string): Promise<void> {
  const document = await readFile(file, 'utf8');
  const [head, rest = ''] = document.split(begin);
  const [, tail] = rest.split(end);
  if (head === undefined || tail === undefined)
    throw new Error(`${file} has no figures to replace`);
  const command = process.argv
    .slice(2)
    .filter((each, nth, all) => each !== '--write' && all[nth - 1] !== '--write');
  const made = `The command: \`npm run faults -- ${command.join(' ')}\`.`;
  await writeFile(file, `${head}${begin}\n\n${made} ${text}\n\n${end}${tail}`);
}
