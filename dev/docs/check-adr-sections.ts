import { basename } from 'node:path/posix';
import { checkExcerpts } from './check-excerpts.ts';
import { targetOf } from './check-links.ts';
import {
  checkSections,
  saysSomething,
  sectionsIn,
  sectionsOf,
  type Document,
  type Fault,
  type Section,
} from './documents.ts';

const adrSections = [
  'Context',
  'Decision',
  'Consequences',
  'Alternatives considered',
  'Implementation',
  'Related ADRs',
  'References',
] as const;

const alternativesMin = 2;
const alternativesMax = 4;

/** Faults of a record's sections: which there are, in which order, and what each must hold. */
export function checkAdrSections(root: string, record: Document): Fault[] {
  const faults = sectionsOf(record, 2).flatMap((section) => {
    switch (section.heading.text) {
      case 'Consequences':
        return checkConsequences(record, section);
      case 'Alternatives considered':
        return checkAlternatives(record, section);
      case 'Implementation':
        return checkImplementation(root, record, section);
      case 'Related ADRs':
        return checkRelated(record, section);
      default:
        return [];
    }
  });
  return [...checkSections(record, adrSections), ...faults];
}

function checkConsequences(record: Document, section: Section): Fault[] {
  const { path } = record;
  const parts = sectionsIn(record, section, 3);
  if (parts.map(({ heading }) => heading.text).join() !== 'Positive,Negative')
    return [{ path, line: section.heading.line, message: 'Consequences are Positive, Negative.' }];
  return parts
    .filter((part) => !saysSomething(part))
    .map(({ heading: { line, text } }) => ({ path, line, message: `${text} is empty.` }));
}

function checkAlternatives(record: Document, section: Section): Fault[] {
  const { path } = record;
  const alternatives = sectionsIn(record, section, 3);
  const faults = alternatives.flatMap(({ heading, lines }) => {
    const points = lines.flatMap((line) => /^- (Pros|Cons|Why not): \S/.exec(line)?.[1] ?? []);
    if (points.join() === 'Pros,Cons,Why not') return [];
    const message = `“${heading.text}” must have the points Pros, Cons, Why not, each with text.`;
    return [{ path, line: heading.line, message }];
  });
  const isBounded =
    alternatives.length >= alternativesMin && alternatives.length <= alternativesMax;
  if (isBounded) return faults;
  const message = `There must be ${alternativesMin} to ${alternativesMax} alternatives, not ${alternatives.length}.`;
  return [...faults, { path, line: section.heading.line, message }];
}

function checkImplementation(root: string, record: Document, section: Section): Fault[] {
  const { line } = section.heading;
  const hasCode = record.fences.some((fence) => fence.line > line && fence.line < section.endLine);
  if (hasCode) return checkExcerpts(root, record, section);
  return [{ path: record.path, line, message: 'Implementation shows no code.' }];
}

function checkRelated(record: Document, section: Section): Fault[] {
  const { path, links } = record;
  const { line } = section.heading;
  const hasRecord = links.some(
    (link) =>
      link.line > line &&
      link.line < section.endLine &&
      /^adr-\d{3}-/.test(basename(targetOf(record, link.target)?.path ?? '')),
  );
  if (hasRecord || section.lines.some((text) => text === 'None.')) return [];
  return [{ path, line, message: 'Related ADRs links to a record, or says “None.”' }];
}
