/**
 * Seeds shared out over several servers side by side. A seed waits more than it works, so two servers
 * are done in little more than half the time; each lane is a process that knows nothing of the others.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Options } from './options.ts';
import type { Summary } from './report.ts';
import type { Tallies, Tally } from './tally.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

const count = z.number();
const tallySchema = z.object({
  ...{ times: count, yes: count, no: count, fault: count, silence: count },
  ...{ wrongDenials: count, violations: count, recoveriesMs: z.array(count) },
});
const lastLineSchema = z.object({
  ...{ seeds: count, faults: count, violations: count, wrongDenials: count },
  table: z.record(z.string(), tallySchema),
});

interface LaneResult {
  last: z.output<typeof lastLineSchema> | null;
  code: number;
}

/** Runs the seeds in `options.lanes` processes. The exit code is 1 when any lane did not end well. */
export async function runLanes(
  options: Options,
  args: readonly string[],
): Promise<{ summary: Summary; exitCode: number }> {
  const lanes = await Promise.all(sharesOf(options).map((seeds) => runLane(seeds, args)));
  const summary: Summary = {
    ...{ seeds: 0, faults: 0, violations: 0, wrongDenials: 0 },
    tallies: new Map(),
  };
  for (const { last } of lanes) if (last !== null) add(summary, last);
  return { summary, exitCode: lanes.every(({ code, last }) => code === 0 && last) ? 0 : 1 };
}

/** Neighbouring seeds in one lane, as `A..B`. */
function sharesOf({ seeds, lanes }: Options): string[] {
  const size = Math.ceil(seeds.length / lanes);
  const starts = Array.from({ length: Math.ceil(seeds.length / size) }, (_, nth) => nth * size);
  return starts.map((start) => {
    const share = seeds.slice(start, start + size);
    return `${String(share[0])}..${String(share.at(-1))}`;
  });
}

/** What a lane is not told: it runs its own seeds, and its table is only a part. */
const ownArguments = ['--seed', '--seeds', '--lanes', '--write'];

async function runLane(seeds: string, args: readonly string[]): Promise<LaneResult> {
  const shared = args.filter(
    (arg, nth) =>
      !ownArguments.includes(args[nth - 1] ?? '') &&
      !ownArguments.includes(arg.split('=', 1)[0] ?? '') &&
      arg !== '--json',
  );
  const child = spawn(process.execPath, [program, ...shared, '--seeds', seeds, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, passOn);
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  let last: LaneResult['last'] = null;
  for await (const line of createInterface({ input: child.stdout })) {
    last = lastLineSchema.safeParse(JSON.parse(line)).data ?? last;
  }
  return { last, code: await ended };
}

function add(summary: Summary, { table, ...sums }: z.output<typeof lastLineSchema>): void {
  summary.seeds += sums.seeds;
  summary.faults += sums.faults;
  summary.violations += sums.violations;
  summary.wrongDenials += sums.wrongDenials;
  for (const [fault, tally] of Object.entries(table)) addTally(summary.tallies, fault, tally);
}

function addTally(tallies: Tallies, fault: string, added: Tally): void {
  const known = tallies.get(fault);
  tallies.set(
    fault,
    known === undefined
      ? added
      : {
          times: known.times + added.times,
          yes: known.yes + added.yes,
          no: known.no + added.no,
          fault: known.fault + added.fault,
          silence: known.silence + added.silence,
          wrongDenials: known.wrongDenials + added.wrongDenials,
          violations: known.violations + added.violations,
          recoveriesMs: [...known.recoveriesMs, ...added.recoveriesMs],
        },
  );
}
