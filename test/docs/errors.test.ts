import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { endReasons, errorTable } from '../../domain/errors.ts';
import { takeoverRefusals } from '../../domain/seat.ts';
import { readMarkdown } from '../../dev/docs/markdown.ts';

const { prose, headings } = readMarkdown(
  readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8'),
);
const sections = headings.filter(({ level }) => level === 2);
const explained = sections.filter(({ text }) => text !== 'End reasons');

test('every code has its section, in the order of the table, at the anchor that problems link to', () => {
  expect(explained.map(({ anchor }) => anchor)).toEqual(Object.keys(errorTable));
});

test('every section states what the table says of its code', () => {
  const stated = explained.map(({ text, line }) => [text, prose[line + 1]]);
  const entries = Object.entries(errorTable).map(([code, entry]) => {
    const facts = [
      String(entry.status),
      entry.conclusive ? 'conclusive' : 'not conclusive',
      entry.retryable ? 'retryable' : 'not retryable',
      entry.title,
    ];
    return [code, facts.join(' · ')];
  });
  expect(stated).toEqual(entries);
});

test('every section says what the code means and what to do', () => {
  for (const { text, line } of explained) {
    const next = headings.find((heading) => heading.line > line)?.line ?? prose.length;
    const paragraphs = prose
      .slice(line, next - 1)
      .join('\n')
      .trim()
      .split(/\n\n+/);
    expect(paragraphs.length, text).toBeGreaterThanOrEqual(3);
  }
});

test('every reason why a takeover is refused or a session ends is explained, in the order of the code', () => {
  const rows = prose.flatMap((line) => /^\| `(\w+)`/.exec(line)?.[1] ?? []);
  expect(rows).toEqual([...takeoverRefusals, ...endReasons]);
});
