import { basename, dirname } from 'node:path/posix';
import { checkIndex } from './check-index.ts';
import { targetOf } from './check-links.ts';
import { readSequenceDiagram } from './check-mermaid.ts';
import {
  checkSections,
  footOf,
  isDay,
  sectionsOf,
  type Document,
  type Fault,
  type Section,
} from './documents.ts';
import { slugOf } from './markdown.ts';

const diagramFolder = 'docs/architecture/diagrams/sequence';

const diagramSections = ['Description', 'Participants', 'Sequence', 'Step by step'] as const;

const fileName = /^(\d{2})-([a-z0-9-]+)\.md$/;

/** What a diagram shows besides the happy path. */
const shown = [
  { pattern: /^\s*alt /m, message: 'The diagram shows no error path (alt).' },
  { pattern: /^\s*note /im, message: 'The diagram tells no timing (Note).' },
  { pattern: /\b[2345]\d\d\b/, message: 'The diagram names no HTTP status.' },
] as const;

/** Faults of the sequence diagrams: form of each, and an index that lists them all. */
export function checkDiagrams(documents: readonly Document[]): Fault[] {
  const inFolder = documents.filter(({ path }) => dirname(path) === diagramFolder);
  const index = inFolder.find(({ path }) => basename(path) === 'README.md');
  const diagrams = inFolder.filter((document) => document !== index);
  const faults = diagrams.flatMap(checkDiagram);
  const indexPath = `${diagramFolder}/README.md`;
  if (index === undefined)
    return [...faults, { path: indexPath, line: 1, message: 'The index is missing.' }];
  return [...faults, ...checkIndex(index, diagrams.map(entryOf))];
}

function entryOf({ path, headings }: Document) {
  const [, number = ''] = fileName.exec(basename(path)) ?? [];
  return { number, path, cells: [headings[0]?.text.replace(/^\d+ /, '') ?? '', null] };
}

function checkDiagram(document: Document): Fault[] {
  return [
    ...checkTitle(document),
    ...checkSections(document, diagramSections),
    ...checkSequence(document),
    ...checkSteps(document),
    ...checkFoot(document),
  ];
}

function checkTitle({ path, headings }: Document): Fault[] {
  const [, number, slug = ''] = fileName.exec(basename(path)) ?? [];
  if (number === undefined)
    return [{ path, line: 1, message: 'The file must be called NN-title.md.' }];
  const [title] = headings;
  const [, begin, words = ''] = /^(\d+) (.+)$/.exec(title?.text ?? '') ?? [];
  if (title?.level !== 1 || title.line !== 1 || begin !== number)
    return [{ path, line: 1, message: `The first line must be “# ${number}” and the title.` }];
  if (slugOf(words).startsWith(slug)) return [];
  return [{ path, line: 1, message: 'The file’s name must be the beginning of the title.' }];
}

function checkSequence(document: Document): Fault[] {
  const { path, fences } = document;
  const [fence, ...others] = fences.filter(({ language }) => language === 'mermaid');
  if (fence === undefined || others.length > 0)
    return [{ path, line: 1, message: 'There must be exactly one mermaid block.' }];
  const { participants, faults } = readSequenceDiagram(fence.text);
  return [
    ...faults.map(({ line, message }) => ({ path, line: fence.line + line, message })),
    ...shown
      .filter(({ pattern }) => !pattern.test(fence.text))
      .map(({ message }) => ({ path, line: fence.line, message })),
    ...checkParticipants(document, participants),
  ];
}

/** The list of participants names each as the diagram does, in the same order. */
function checkParticipants(document: Document, participants: readonly string[]): Fault[] {
  const section = sectionNamed(document, 'Participants');
  if (section === undefined) return [];
  const listed = section.lines.flatMap((line) => /^- \*\*(.+?)\*\*: \S/.exec(line)?.[1] ?? []);
  if (listed.join('\n') === participants.join('\n')) return [];
  const message = `The list must explain, in this order: ${participants.map((name) => `“- **${name}**: …”`).join(', ')}.`;
  return [{ path: document.path, line: section.heading.line, message }];
}

/** Every numbered step names the test that proves it. */
function checkSteps(document: Document): Fault[] {
  const section = sectionNamed(document, 'Step by step');
  if (section === undefined) return [];
  const { path } = document;
  const begins = section.lines.flatMap((text, index) =>
    /^\d+\. /.test(text) ? [section.heading.line + index + 1] : [],
  );
  if (begins.length === 0)
    return [{ path, line: section.heading.line, message: 'There are no numbered steps.' }];
  return begins.flatMap((line, index) => {
    const next = begins[index + 1] ?? section.endLine;
    const isProven = document.links.some(
      (link) => link.line >= line && link.line < next && isTest(document, link.target),
    );
    return isProven ? [] : [{ path, line, message: 'This step names no test that proves it.' }];
  });
}

function isTest(document: Document, link: string): boolean {
  const { path } = targetOf(document, link) ?? { path: '' };
  return path.startsWith('test/') && path.endsWith('.test.ts');
}

function checkFoot(document: Document): Fault[] {
  const { path, prose } = document;
  const foot = footOf(document);
  const [, day = ''] = /^Last updated: (\S+) · Related ADRs: \[/.exec(foot?.text ?? '') ?? [];
  if (isDay(day)) return [];
  const message =
    'The foot, below the last ---, must be “Last updated: 2026-11-23 · Related ADRs: [NNN](…)”.';
  return [{ path, line: foot?.line ?? prose.length, message }];
}

function sectionNamed(document: Document, name: string): Section | undefined {
  return sectionsOf(document, 2).find(({ heading }) => heading.text === name);
}
