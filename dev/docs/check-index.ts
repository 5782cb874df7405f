import type { Document, Fault } from './documents.ts';
import { targetOf } from './check-links.ts';

/** What a row of an index must say of a document. */
export interface IndexEntry {
  /** As in the file's name: `001` or `01`. */
  number: string;
  path: string;
  /** The cells after the number, as they must be; null for one that may say anything but nothing. */
  cells: readonly (string | null)[];
}

/**
 * Faults of an index whose table does not list exactly these documents, in order of their numbers. A
 * row is `| [number](file) | cell | cell … |`.
 */
export function checkIndex(index: Document, entries: readonly IndexEntry[]): Fault[] {
  const rows = readRows(index);
  const fault = (line: number, message: string): Fault => ({ path: index.path, line, message });
  const unlisted = entries
    .filter(({ path }) => !rows.some((row) => row.target === path))
    .map(({ path }) => fault(1, `${path} is not in this index.`));
  const disordered = rows
    .filter(({ number }, position) => number <= (rows[position - 1]?.number ?? ''))
    .map(({ line, number }) => fault(line, `${number} stands in the wrong place, or twice.`));
  const wrong = rows.flatMap((row) => {
    const entry = entries.find(({ path }) => path === row.target);
    if (entry === undefined) return [fault(row.line, `${row.number} leads to no such document.`)];
    if (entry.number !== row.number)
      return [fault(row.line, `${row.number} leads to document ${entry.number}.`)];
    return differences(entry, row.cells).map((message) => fault(row.line, message));
  });
  return [...unlisted, ...disordered, ...wrong];
}

function differences({ number, cells }: IndexEntry, given: readonly string[]): string[] {
  return cells.flatMap((wanted, position) => {
    const cell = given[position] ?? '';
    if (wanted === null) return cell === '' ? [`${number} has no line that says what it is.`] : [];
    return cell === wanted ? [] : [`${number} must say “${wanted}”, not “${cell}”.`];
  });
}

function readRows(index: Document) {
  return index.prose.flatMap((text, position) => {
    const [first = '', ...cells] = text
      .replace(/^\||\|\s*$/g, '')
      .split('|')
      .map((cell) => cell.trim());
    const [, number, link] = /^\[(\d+)\]\(([^)]+)\)$/.exec(first) ?? [];
    if (!text.startsWith('|') || number === undefined || link === undefined) return [];
    return [{ number, cells, target: targetOf(index, link)?.path, line: position + 1 }];
  });
}
