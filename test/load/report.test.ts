import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { single, spreadOf, type Line } from './figures.ts';
import { describeRun, tableOf, writeTable } from './report.ts';

const folder = await mkdtemp(join(tmpdir(), 'leasehold-report-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const curve = ['sessions', 'pools'].flatMap((of) =>
  [1, 100].map((count): Line => {
    const what = `heartbeat at ${count} ${of}`;
    const line = single({
      measurement: `curves:heartbeat:${of}:${count}`,
      what,
      unit: 'µs',
      value: 50,
    });
    return { ...line, floor: { name: 'the smallest', value: line.value, ratio: line.value } };
  }),
);

test('a spread is the median, the least and the most of its values', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3]).median).toBe(2.5);
  expect(() => spreadOf([])).toThrow(RangeError);
});

test('a document keeps all but what is between its markers, and gets the curves as a picture', async () => {
  const file = join(folder, 'figures.md');
  await writeFile(file, 'before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n');
  await writeTable(file, { run: describeRun(), lines: curve });
  const text = await readFile(file, 'utf8');
  expect(text).toMatch(/^before\n<!-- bench: begin -->/);
  expect(text).toMatch(/<!-- bench: end -->\nafter\n$/);
  expect(text).not.toContain('old');
  expect(text).toContain('heartbeat at 100 pools');
  const picture = await readFile(join(folder, 'figures.svg'), 'utf8');
  expect(picture.match(/<polyline/g)).toHaveLength(2);
  expect(picture).not.toContain('NaN');
});

test('a document without markers is left alone', async () => {
  const file = join(folder, 'other.md');
  await writeFile(file, 'nothing\n');
  await expect(writeTable(file, { run: describeRun(), lines: [] })).rejects.toThrow('markers');
  expect(await readFile(file, 'utf8')).toBe('nothing\n');
});

test('each row of a table has a cell for each head', () => {
  const rows = tableOf(curve).split('\n');
  expect(new Set(rows.map((row) => row.split('|').length)).size).toBe(1);
});
