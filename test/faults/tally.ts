/** What clients heard while each fault went on, and how soon they were served again. */
import { isWrongDenial } from './check/check.ts';
import { tell, type Op, type Run, type Violation } from './check/story.ts';

export interface Tally {
  /** How often it happened. */
  times: number;
  /** Answers while it went on: yes; a conclusive no; a fault of the server's; none at all. */
  yes: number;
  no: number;
  fault: number;
  silence: number;
  wrongDenials: number;
  violations: number;
  /** From its end to the first yes of a deed that began after it, unless another fault went on. */
  recoveriesMs: number[];
}

export type Tallies = Map<string, Tally>;

/** What belongs to no fault stands under this name. */
const calmName = '(none)';

/** What a client may get an answer to. */
const clientDeeds: ReadonlySet<string> = new Set([
  ...['acquire', 'renew', 'look', 'release'],
  ...['check-out', 'fetch', 'check-in'],
]);

const emptyTally = (): Tally => ({
  ...{ times: 0, yes: 0, no: 0, fault: 0, silence: 0 },
  ...{ wrongDenials: 0, violations: 0, recoveriesMs: [] },
});

/** Adds a run to the tallies. A violation counts for the fault that began last before it. */
export function addRun(tallies: Tallies, run: Run, violations: readonly Violation[]): void {
  const { ops } = tell(run);
  const faults = ops.filter(({ deed }) => deed === 'fault');
  const deeds = ops.filter(({ deed }) => clientDeeds.has(deed));
  const of = (name: string) => {
    const tally = tallies.get(name) ?? emptyTally();
    tallies.set(name, tally);
    return tally;
  };
  of(calmName).times += 1;
  for (const { fault = '', invokedAt, doneAt } of faults) {
    const tally = of(fault);
    tally.times += 1;
    for (const deed of deeds) {
      if (deed.doneAt >= invokedAt && deed.doneAt <= doneAt) tally[kindOf(deed)] += 1;
    }
    const served = deeds.filter((deed) => deed.invokedAt >= doneAt && deed.outcome === 'ok');
    const firstAt = Math.min(...served.map((deed) => deed.doneAt));
    const isAlone = !faults.some(
      (other) => other.fault !== fault && other.invokedAt <= firstAt && other.doneAt >= doneAt,
    );
    if (Number.isFinite(firstAt) && isAlone) tally.recoveriesMs.push(firstAt - doneAt);
  }
  const isCalm = ({ doneAt }: Op) =>
    !faults.some((fault) => doneAt >= fault.invokedAt && doneAt <= fault.doneAt);
  for (const deed of deeds.filter(isCalm)) of(calmName)[kindOf(deed)] += 1;
  for (const violation of violations) {
    const last = faults.findLast(({ invokedAt }) => invokedAt <= violation.at);
    const tally = of(last?.fault ?? calmName);
    if (isWrongDenial(violation)) tally.wrongDenials += 1;
    else tally.violations += 1;
  }
}

function kindOf({ outcome, code, status }: Op): 'yes' | 'no' | 'fault' | 'silence' {
  if (outcome === 'fail' || status === 'ended') return 'no';
  if (outcome === 'ok') return 'yes';
  return code === undefined || code === 'unreachable' || code === 'aborted' ? 'silence' : 'fault';
}

/** The table as Markdown, a line for each fault. */
export function showTallies(tallies: Tallies): string {
  const lines = [...tallies]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, tally]) => `| ${cellsOf(name, tally).join(' | ')} |`);
  return [
    '| fault | times | yes | no | fault | no answer | wrong denials | violations | served again after (median, worst) |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...lines,
  ].join('\n');
}

function cellsOf(name: string, tally: Tally): string[] {
  const { times, yes, no, fault, silence, wrongDenials, violations } = tally;
  const sorted = tally.recoveriesMs.toSorted((one, other) => one - other);
  const seconds = (ms: number | undefined) => ((ms ?? 0) / 1_000).toFixed(2);
  const recovery =
    sorted.length === 0
      ? '–'
      : `${seconds(sorted[Math.floor(sorted.length / 2)])} s, ${seconds(sorted.at(-1))} s`;
  const counts = [times, yes, no, fault, silence, wrongDenials, violations];
  return [name, ...counts.map(String), recovery];
}
