/**
 * Begins a decision record: `npm run docs:new-adr -- "title" [--number 4]`. Copies the template, fills
 * its head and adds the row to the index. The validator refuses the record until it says something.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { adrFolder } from './check-adrs.ts';
import { slugOf } from './markdown.ts';

export interface NewAdr {
  root: string;
  title: string;
  /** The day of the decision, like 2026-11-23. */
  day: string;
  /** Undefined: the one after the highest. */
  number?: number | undefined;
}

/**
 * Writes the record and its row of the index.
 *
 * @returns the record's path from the root.
 * @throws Error when the title cannot be a file's name, or the number is taken; then nothing is written.
 */
export async function createAdr({ root, title, day, number }: NewAdr): Promise<string> {
  const folder = join(root, adrFolder);
  const slug = slugOf(title)
    .replace(/[^a-z0-9-]/g, '')
    .replace(/-+/g, '-');
  if (slug === '' || slug !== slugOf(title).replace(/-+/g, '-'))
    throw new Error(`A title is made of the letters a to z and digits: “${title}” is not.`);
  const taken = readdirSync(folder).flatMap((name) => /^adr-(\d{3})-/.exec(name)?.[1] ?? []);
  const chosen = String(number ?? Math.max(0, ...taken.map(Number)) + 1).padStart(3, '0');
  if (!/^\d{3}$/.test(chosen) || chosen === '000')
    throw new Error(`A number is 1 to 999, not ${chosen}.`);
  if (taken.includes(chosen)) throw new Error(`There is an ADR ${chosen} already.`);

  const file = `adr-${chosen}-${slug}.md`;
  const template = readFileSync(join(folder, 'template.md'), 'utf8');
  const record = template.replaceAll('NNN', chosen).replaceAll('YYYY-MM-DD', day);
  const index = readFileSync(join(folder, 'README.md'), 'utf8');
  const row = `| [${chosen}](${file}) | ${title} | Proposed | |`;
  const formatted = await format(withRow(index, row), { parser: 'markdown', printWidth: 100 });
  writeFileSync(join(folder, file), record.replace(/^# .*$/m, `# ADR ${chosen}: ${title}`));
  writeFileSync(join(folder, 'README.md'), formatted);
  return `${adrFolder}/${file}`;
}

/** The index with the row at its place: rows are in order of their numbers, and begin alike. */
function withRow(index: string, row: string): string {
  const lines = index.split('\n');
  const rule = lines.findIndex((line) => /^\|[\s|:-]+\|$/.test(line));
  if (rule === -1) throw new Error('The index of the records has no table.');
  const after = lines.slice(rule + 1).findIndex((line) => !line.startsWith('| [') || line > row);
  lines.splice(after === -1 ? lines.length : rule + 1 + after, 0, row);
  return lines.join('\n');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { number: { type: 'string' } },
    allowPositionals: true,
  });
  const [title, ...rest] = positionals;
  if (title === undefined || rest.length > 0)
    throw new Error('Usage: npm run docs:new-adr -- "title of the decision" [--number 4]');
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const number = values.number === undefined ? undefined : Number(values.number);
  const day = new Date().toISOString().slice(0, 10);
  console.log(`Wrote ${await createAdr({ root, title, day, number })} and its row in the index.`);
}

if (import.meta.main) {
  try {
    if (!existsSync(fileURLToPath(new URL(`../../${adrFolder}`, import.meta.url))))
      throw new Error(`There is no folder ${adrFolder}.`);
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
