import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createDashboard } from '../../ops/grafana/dashboard.ts';
import { rows } from '../../ops/grafana/panels.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { baseName, metricsIn, readRules } from './rules.ts';

/** Metrics that nobody draws or watches, and why. */
const exempt: Record<string, string> = {};

const { alerts, recordings } = readRules();
const panels = rows.flatMap((row) => row.panels);
const drawn = panels.flatMap(({ lines }) => lines.map(([, expr]) => expr));
const watched = [...alerts, ...recordings].map(({ expr }) => expr);
const named = new Set([...drawn, ...watched].flatMap(metricsIn));

async function metricNames(): Promise<string[]> {
  const metrics = await createMetrics('api').registry.getMetricsAsJSON();
  return metrics.map(({ name }) => name);
}

test('names of metrics are found in expressions, and nothing else is', () => {
  const expression =
    'sum by (kind) (increase(a_total{x="b c"}[5m])) > 2 * max(d:e or vector(0)) unless f offset 1h';
  expect(metricsIn(expression)).toEqual(['a_total', 'd:e', 'f']);
});

test('every metric that a rule or a panel names exists', async () => {
  const present = new Set([...(await metricNames()), ...recordings.map(({ record }) => record)]);
  const unknown = [...named].filter(
    (name) => name !== 'up' && !present.has(name) && !present.has(baseName(name)),
  );
  expect(unknown).toEqual([]);
});

test('every metric of ours is drawn, watched, or exempt for a reason', async () => {
  const used = new Set([...named].flatMap((name) => [name, baseName(name)]));
  const ours = (await metricNames()).filter((name) => !/^(nodejs|process)_/.test(name));
  expect(ours.filter((name) => !used.has(name) && exempt[name] === undefined)).toEqual([]);
  expect(Object.keys(exempt).filter((name) => used.has(name) || !ours.includes(name))).toEqual([]);
});

test('every recorded series is used', () => {
  const names = new Set(recordings.map(({ record }) => record));
  expect([...names].filter((name) => !named.has(name))).toEqual([]);
});

test('every alert has a runbook of its own name, and every runbook an alert', () => {
  const text = readFileSync(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
  const headings = [...text.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => heading);
  expect(headings.toSorted()).toEqual(alerts.map(({ alert }) => alert).toSorted());
  for (const { alert, annotations } of alerts) {
    expect(annotations.runbook).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
  }
});

test('the dashboard is one that Grafana can draw: ids and places of its own for each panel', () => {
  const all = createDashboard().panels;
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const cells = all.flatMap(({ gridPos: { x, y, w } }) =>
    Array.from({ length: w }, (_, column) => `${x + column}:${y}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  for (const { gridPos } of all) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
});

test('Grafana is given the data source that the panels ask for, and the folder of the dashboard', () => {
  const read = (file: string): unknown =>
    parse(readFileSync(new URL(`../../ops/grafana/provisioning/${file}`, import.meta.url), 'utf8'));
  const uids = createDashboard().panels.flatMap((panel) =>
    'datasource' in panel ? [panel.datasource.uid] : [],
  );
  expect(read('datasources/prometheus.yml')).toMatchObject({
    datasources: [...new Set(uids)].map((uid) => ({ uid, type: 'prometheus' })),
  });
  expect(read('dashboards/leasehold.yml')).toMatchObject({
    providers: [{ type: 'file', options: { path: '/var/lib/grafana/dashboards' } }],
  });
});
