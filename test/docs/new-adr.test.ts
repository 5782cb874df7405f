import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createAdr } from '../../dev/docs/new-adr.ts';
import { validateDocuments } from '../../dev/docs/validate.ts';
import { adrIndex, writeDocuments } from './document-tree.ts';

const day = '2026-12-01';

let root: string;
beforeEach(() => {
  root = writeDocuments();
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('a new record has the form of all, and lacks nothing but what its author must say', async () => {
  const path = await createAdr({ root, title: 'Seats with wheels', day });
  expect(path).toBe('docs/architecture/adrs/adr-002-seats-with-wheels.md');
  expect(readFileSync(join(root, path), 'utf8')).toMatch(
    /^# ADR 002: Seats with wheels\n\n- Status: Proposed\n- Date: 2026-12-01\n/,
  );
  const faults = validateDocuments(root).faults.map(({ message }) => message);
  expect(faults).not.toEqual([]);
  for (const fault of faults)
    expect(fault).toMatch(/is empty|must have the points|shows no code|links to a record|no line/);
});

test('its row stands in the index at the place of its number', async () => {
  await createAdr({ root, title: 'Seven', day, number: 7 });
  await createAdr({ root, title: 'Four', day, number: 4 });
  await createAdr({ root, title: 'Eight', day });
  const rows = readFileSync(join(root, adrIndex), 'utf8').match(/^\| \[\d+\]/gm);
  expect(rows).toEqual(['| [001]', '| [004]', '| [007]', '| [008]']);
});

test('a number that is taken, and a title that is none, are refused and change nothing', async () => {
  const before = readFileSync(join(root, adrIndex), 'utf8');
  await expect(createAdr({ root, title: 'Again', day, number: 1 })).rejects.toThrow(
    'There is an ADR 001 already.',
  );
  await expect(createAdr({ root, title: '…', day })).rejects.toThrow('A title is made of');
  await expect(createAdr({ root, title: 'Big', day, number: 1_000 })).rejects.toThrow('1 to 999');
  expect(readFileSync(join(root, adrIndex), 'utf8')).toBe(before);
});
