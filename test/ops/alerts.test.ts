import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { alertCases, type AlertCase } from './alert-cases.ts';
import { readRules, rulesPath } from './rules.ts';

const { alerts } = readRules();

test('every alert has a case in which it fires and one in which it stays silent', () => {
  const kinds = alertCases.map(({ alert, fires }) => `${alert} ${fires ? 'fires' : 'is silent'}`);
  const wanted = alerts.flatMap(({ alert }) => [`${alert} fires`, `${alert} is silent`]);
  expect([...new Set(kinds)].toSorted()).toEqual(wanted.toSorted());
});

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

describe.runIf(hasPromtool)('by promtool', () => {
  test('the rules are valid', () => {
    expect(promtool('check', 'rules', '--lint-fatal', rulesPath)).toContain('SUCCESS');
  });

  test('the configuration is valid', () => {
    const config = rulesPath.replace('rules.yml', 'prometheus.yml');
    expect(promtool('check', 'config', config)).toContain('SUCCESS');
  });

  for (const { alert } of alerts) {
    test.each(casesOf(alert))(`${alert}: $when, so it is $state`, (given) => {
      const file = join(mkdtempSync(join(inject('scratchFolder'), 'alert-')), 'test.yml');
      // What promtool reads is YAML, of which JSON is a part.
      writeFileSync(file, JSON.stringify(unitTestOf(given)));
      expect(promtool('test', 'rules', file)).toContain('SUCCESS');
    });
  }
});

test.skipIf(hasPromtool)(
  'promtool is not installed (Debian: apt-get install prometheus): alerts are not tried out',
  () => undefined,
);

function casesOf(alert: string) {
  return alertCases
    .filter((given) => given.alert === alert)
    .map((given) => ({ ...given, state: given.fires ? 'on' : 'silent' }));
}

function unitTestOf({ alert, fires, at, series, stepSeconds }: AlertCase) {
  const step = `${stepSeconds}s`;
  const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
  return {
    rule_files: [rulesPath],
    evaluation_interval: step,
    tests: [
      {
        interval: step,
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: `${firing} > bool 0 or vector(0)`,
            eval_time: at,
            exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
          },
        ],
      },
    ],
  };
}

/** @throws with what promtool said when it is not content. */
function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', timeout: 60_000 });
}
