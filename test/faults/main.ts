/** `npm run faults`: breaks the server under a fleet of clients, and says what they saw. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { faultNames } from './faults.ts';
import { countUndelivered } from './final-state.ts';
import { runLanes } from './lanes.ts';
import { mutants } from './mutants.ts';
import { help, readOptions, type Options } from './options.ts';
import { conclude, exitCodeOf, summarize } from './report.ts';
import { keepHistory, runSeed, type SeedResult } from './run-seed.ts';
import { startStack, type Stack } from './stack.ts';
import { addRun, type Tallies } from './tally.ts';

const usageCode = 2;
const copies = 7;
const programs = 2;

process.exitCode = await main();
// Nothing that runs may keep the process of a stopped stack alive.
process.exit();

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${help}`);
    return usageCode;
  }
  if (options.help) process.stdout.write(help);
  else if (options.list) list();
  else if (options.lanes > 1) return runInLanes(options);
  else return run(options);
  return 0;
}

function list(): void {
  process.stdout.write(`Faults: ${faultNames.join(' ')}\n`);
  for (const { name, mistake } of mutants) process.stdout.write(`Mutant ${name}: ${mistake}\n`);
}

async function runInLanes(options: Options): Promise<number> {
  const { summary, exitCode } = await runLanes(options, process.argv.slice(2));
  await conclude(options, summary);
  return exitCode;
}

async function run(options: Options): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => stopping.abort());
  }
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-faults-'));
  note('Starting the server');
  const results: SeedResult[] = [];
  const tallies: Tallies = new Map();
  let stack: Stack | null = null;
  let isSound = false;
  try {
    stack = await startStack(folder, options.mutant?.edits ?? []);
    for (const seed of options.seeds) {
      if (stopping.signal.aborted) break;
      const plan = { ...options, seed, copies, programs, stopping: stopping.signal };
      const result = await runSeed(stack, plan);
      // Histories are large; only the figures of a seed are kept.
      addRun(tallies, result.run, result.violations);
      const isBroken = result.violations.length > 0;
      const kept = options.history ?? (isBroken ? join(folder, 'histories') : null);
      if (kept !== null) await keepHistory(kept, result);
      show(options, result);
      results.push(result);
    }
    const undelivered = await countUndelivered(stack);
    if (undelivered > 0) note(`I11  ${String(undelivered)} messages have reached no workflow`);
    isSound = exitCodeOf(results, undelivered) === 0;
    await conclude(options, summarize(results, tallies));
  } catch (error) {
    note(`Failed: ${messageOf(error)}`);
  } finally {
    await stack?.stop();
    if (isSound) await remove(folder);
    else note(`Logs, and the histories of what was broken, are in ${folder}`);
  }
  return isSound ? 0 : 1;
}

function show({ json }: Options, { seed, faults, run, violations, tookMs }: SeedResult): void {
  const names = faults.map(({ name }) => name).join(' ');
  const seconds = (tookMs / 1_000).toFixed(1);
  const verdict = violations.length === 0 ? 'ok' : `${String(violations.length)} BROKEN`;
  note(
    `seed ${String(seed)}  ${seconds} s  ${String(run.ledger.length)} sessions  ${verdict}  ${names}`,
  );
  for (const { rule, text } of violations.slice(0, 20)) note(`  ${rule}  ${text}`);
  if (json) process.stdout.write(`${JSON.stringify({ seed, tookMs, faults, violations })}\n`);
}

async function remove(folder: string): Promise<void> {
  await removePostgresFolder(join(folder, 'postgres'));
  await rm(folder, { recursive: true, force: true });
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
