/** The figures of a run, from results made by hand. */
import { expect, test } from 'vitest';
import { ARun } from './check/a-run.ts';
import { check } from './check/check.ts';
import type { Run } from './check/story.ts';
import { exitCodeOf, summarize } from './report.ts';
import type { SeedResult } from './run-seed.ts';
import { addRun, showTallies, type Tallies } from './tally.ts';

/** A seat that is taken before a fault and given back after it, and a no while it goes on. */
function aRun(code: string): Run {
  return new ARun()
    .grant('a', [1, 1.1], 6.1)
    .deed('fault', [2, 3], { client: 'faults', fault: 'redis-kill' })
    .refused('acquire', [2.1, 2.2], { code, instance: 'b' })
    .deed('acquire', [2.3, 2.4], { phase: 'info', code: 'unavailable', instance: 'c' })
    .deed('acquire', [2.5, 2.6], { phase: 'info', code: 'unreachable', instance: 'c' })
    .deed('release', [3.2, 3.5], { session: 'a', instance: 'a' })
    .row('a', [1.05, 3.3])
    .done();
}

function resultOf(run: Run): SeedResult {
  const faults = [{ name: 'redis-kill', atMs: 2_000, forMs: 1_000, pick: 0 } as const];
  return { seed: 1, faults, run, violations: check(run), tookMs: 1 };
}

test('the table counts what clients heard while a fault went on, and how soon they were served again', () => {
  const tallies: Tallies = new Map();
  const { run, violations } = resultOf(aRun('not_found'));
  addRun(tallies, run, violations);
  expect(tallies.get('redis-kill')).toEqual({
    ...{ times: 1, yes: 0, no: 1, fault: 1, silence: 1, wrongDenials: 1, violations: 0 },
    recoveriesMs: [500],
  });
  expect(tallies.get('(none)')).toMatchObject({ times: 1, yes: 2, no: 0 });
  const table = showTallies(tallies);
  expect(table).toContain('| redis-kill | 1 | 0 | 1 | 1 | 1 | 1 | 0 | 0.50 s, 0.50 s |');
});

test('a run ends with 1 when a promise was broken, a denial was wrong, or a message was not delivered', () => {
  const sound = resultOf(new ARun().done());
  const wrong = resultOf(aRun('not_found'));
  const broken = resultOf(new ARun({ held: ['x'] }).done());
  expect(exitCodeOf([sound], 0)).toBe(0);
  expect(exitCodeOf([sound, wrong], 0)).toBe(1);
  expect(exitCodeOf([sound, broken], 0)).toBe(1);
  expect(exitCodeOf([sound], 1)).toBe(1);
  expect(summarize([sound, wrong, broken], new Map())).toMatchObject({
    ...{ seeds: 3, faults: 3, violations: 1, wrongDenials: 1 },
  });
});
