import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path/posix';
import { readMarkdown, type Heading, type Markdown } from './markdown.ts';

/** A Markdown file of the project. */
export interface Document extends Markdown {
  /** From the root, with slashes. */
  path: string;
}

/** Something wrong with a document, and what to do about it. */
export interface Fault {
  path: string;
  line: number;
  message: string;
}

/** Lines between a heading and the next of the same level or above. */
export interface Section {
  heading: Heading;
  /** Without the heading; deeper headings are among them. */
  lines: readonly string[];
  /** Line of the file after the section's last. */
  endLine: number;
}

const skipped = new Set(['node_modules', 'dist', 'coverage']);

/** All Markdown files below `root` but those of packages, builds and hidden folders, in order of path. */
export function readDocuments(root: string): Document[] {
  return listMarkdown(root, '').map((path) => ({
    path,
    ...readMarkdown(readFileSync(join(root, path), 'utf8')),
  }));
}

function listMarkdown(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !skipped.has(name))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return listMarkdown(root, path);
    return entry.isFile() && path.endsWith('.md') ? [path] : [];
  });
}

/** The document's sections of one level, each with everything below it. The foot belongs to none. */
export function sectionsOf(document: Document, level: number): Section[] {
  const borders = document.headings.filter((heading) => heading.level <= level);
  const end = footLine(document) ?? document.prose.length + 1;
  return borders.flatMap((heading, index) => {
    if (heading.level !== level) return [];
    const endLine = Math.min(borders[index + 1]?.line ?? end, end);
    return [{ heading, endLine, lines: document.prose.slice(heading.line, endLine - 1) }];
  });
}

/** Sections of one level inside another section. */
export function sectionsIn(document: Document, parent: Section, level: number): Section[] {
  return sectionsOf(document, level).filter(
    ({ heading }) => heading.line > parent.heading.line && heading.line < parent.endLine,
  );
}

/** Line of the rule that begins the foot: the last `---` of the document, or null. */
function footLine({ prose }: Document): number | null {
  const index = prose.findLastIndex((line) => line.trim() === '---');
  return index === -1 ? null : index + 1;
}

/** The foot's text in one line, and where it stands; null without a foot. */
export function footOf(document: Document): { text: string; line: number } | null {
  const line = footLine(document);
  if (line === null) return null;
  const text = document.prose.slice(line).join(' ').trim();
  return { text, line: line + 1 };
}

/** Whether anything is said in the section besides headings. */
export function saysSomething({ lines }: Pick<Section, 'lines'>): boolean {
  return lines.some((line) => /\S/.test(line) && !line.startsWith('#'));
}

/** Faults of a document whose sections of level 2 are not exactly these, in this order, none empty. */
export function checkSections(document: Document, names: readonly string[]): Fault[] {
  const { path } = document;
  const sections = sectionsOf(document, 2);
  const found = sections.map(({ heading }) => heading.text);
  if (found.join('\n') !== names.join('\n')) {
    const message = `The sections must be, in this order: ${names.join(', ')}. Found: ${found.join(', ') || 'none'}.`;
    return [{ path, line: sections[0]?.heading.line ?? 1, message }];
  }
  return sections
    .filter((section) => !isFilled(document, section))
    .map(({ heading }) => ({
      path,
      line: heading.line,
      message: `The section “${heading.text}” is empty.`,
    }));
}

function isFilled(document: Document, section: Section): boolean {
  const hasFence = document.fences.some(
    ({ line }) => line > section.heading.line && line < section.endLine,
  );
  return hasFence || saysSomething(section);
}

/** Whether the text is a day of the calendar, written 2026-11-23. */
export function isDay(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    new Date(text).toISOString().startsWith(text)
  );
}
