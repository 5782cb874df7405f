import { basename, dirname } from 'node:path/posix';
import { checkAdrSections } from './check-adr-sections.ts';
import { checkIndex } from './check-index.ts';
import { footOf, isDay, type Document, type Fault } from './documents.ts';
import { slugOf } from './markdown.ts';

export const adrFolder = 'docs/architecture/adrs';

const fileName = /^adr-(\d{3})-([a-z0-9-]+)\.md$/;
const statusText = /^(Proposed|Accepted|Rejected|Superseded by ADR \d{3})$/;

/** Faults of the decision records: form of each, and an index that lists them all. */
export function checkAdrs(root: string, documents: readonly Document[]): Fault[] {
  const inFolder = documents.filter(({ path }) => dirname(path) === adrFolder);
  const index = inFolder.find(({ path }) => basename(path) === 'README.md');
  const records = inFolder.filter(
    ({ path }) => !['README.md', 'template.md'].includes(basename(path)),
  );
  const faults = records.flatMap((record) => checkAdr(root, record));
  const indexPath = `${adrFolder}/README.md`;
  if (index === undefined)
    return [...faults, { path: indexPath, line: 1, message: 'The index is missing.' }];
  return [...faults, ...checkIndex(index, records.map(entryOf))];
}

function entryOf(record: Document) {
  const [, number = ''] = fileName.exec(basename(record.path)) ?? [];
  const status = readHead(record).get('Status')?.value ?? '';
  return { number, path: record.path, cells: [titleOf(record), status, null] };
}

function titleOf({ headings }: Document): string {
  return headings[0]?.text.replace(/^ADR \d{3}: /, '') ?? '';
}

function checkAdr(root: string, record: Document): Fault[] {
  return [
    ...checkTitle(record),
    ...checkHead(record),
    ...checkAdrSections(root, record),
    ...checkFoot(record),
  ];
}

function checkTitle(record: Document): Fault[] {
  const { path, headings } = record;
  const [, number, slug = ''] = fileName.exec(basename(path)) ?? [];
  if (number === undefined)
    return [{ path, line: 1, message: 'The file must be called adr-NNN-title.md.' }];
  const [title] = headings;
  const begin = `ADR ${number}: `;
  if (title?.level !== 1 || title.line !== 1 || !title.text.startsWith(begin))
    return [{ path, line: 1, message: `The first line must be “# ${begin}” and the title.` }];
  if (slugOf(titleOf(record)).startsWith(slug)) return [];
  return [{ path, line: 1, message: `The file’s name must be the beginning of the title.` }];
}

/** The fields between title and first section: `- Name: value`. */
function readHead(record: Document): Map<string, { value: string; line: number }> {
  const end = record.headings[1]?.line ?? record.prose.length;
  const fields = record.prose.slice(0, end).flatMap((text, index) => {
    const [, name = '', value = ''] = /^- (\w+): (.+)$/.exec(text) ?? [];
    return name === '' ? [] : [[name, { value: value.trim(), line: index + 1 }] as const];
  });
  return new Map(fields);
}

function checkHead(record: Document): Fault[] {
  const { path } = record;
  const head = readHead(record);
  if ([...head.keys()].join() !== 'Status,Date,Tags')
    return [{ path, line: 1, message: 'The head must be the list: Status, Date, Tags.' }];
  const rules = [
    ['Status', statusText, 'Proposed, Accepted, Rejected or Superseded by ADR NNN'],
    ['Tags', /^[a-z0-9-]+(, [a-z0-9-]+)*$/, 'lower-case words with commas between them'],
  ] as const;
  const faults = rules.flatMap(([name, pattern, form]) => {
    const { value, line } = head.get(name) ?? { value: '', line: 1 };
    return pattern.test(value) ? [] : [{ path, line, message: `${name} must be ${form}.` }];
  });
  const { value: date, line } = head.get('Date') ?? { value: '', line: 1 };
  if (!isDay(date)) faults.push({ path, line, message: 'Date must be a day like 2026-11-23.' });
  return faults;
}

function checkFoot(record: Document): Fault[] {
  const { path, prose } = record;
  const foot = footOf(record);
  const [, day = ''] = /^Last updated: (\S+) · Review cycle: \S.*$/.exec(foot?.text ?? '') ?? [];
  const made = readHead(record).get('Date')?.value ?? '';
  if (isDay(day) && day >= made) return [];
  const message =
    'The foot, below the last ---, must be “Last updated: 2026-11-23 · Review cycle: …”, not before Date.';
  return [{ path, line: foot?.line ?? prose.length, message }];
}
