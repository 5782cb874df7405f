import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { writtenSpread, type Line, type Spread } from './figures.ts';
import { pictureOf } from './picture.ts';

/** On what and when a run was made. */
export function describeRun() {
  return {
    at: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}

const heads = ['What', 'Ours: median (min–max)', 'Floor', "Floor's", 'Ratio', 'Target'] as const;

/** The lines as a Markdown table. */
export function tableOf(lines: readonly Line[]): string {
  const rows = lines.map(({ what, unit, value, floor, target, note }) => [
    what,
    withUnit(value, unit),
    floor?.name ?? '',
    floor === undefined ? '' : withUnit(floor.value, unit),
    floor === undefined ? '' : `**${writtenSpread(floor.ratio)}**`,
    [target, note].filter((text) => text !== undefined).join('; '),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}

function withUnit(value: Spread, unit: string): string {
  return `${writtenSpread(value)}${unit === '/s' ? '' : ' '}${unit}`;
}

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

/**
 * Puts a table between the markers of a document, and the curves, if there are any, as a picture beside
 * it.
 *
 * @throws Error when the document has no markers.
 */
export async function writeTable(
  file: string,
  { run, lines }: { run: ReturnType<typeof describeRun>; lines: readonly Line[] },
): Promise<void> {
  const text = await readFile(file, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${file} has no markers ${begin} and ${end}`);
  const about = `${run.at.slice(0, 10)}, ${run.cpu}, ${run.cores} cores, ${run.memoryGiB} GiB, Node ${run.node}.`;
  const table = `${begin}\n\n${about}\n\n${tableOf(lines)}\n\n`;
  await writeFile(file, text.slice(0, before) + table + text.slice(after));
  const hasCurves = lines.some(({ measurement }) => measurement.startsWith('curves'));
  if (hasCurves) await writeFile(file.replace(/\.md$/, '.svg'), pictureOf(lines));
}
