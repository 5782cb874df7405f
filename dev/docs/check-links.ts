import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path/posix';
import type { Document, Fault } from './documents.ts';

/** What a link inside the project points to. */
interface Target {
  path: string;
  anchor: string;
}

const mapPath = 'docs/README.md';
const adrNamed = /\bADR (\d{3})\b/g;

/** Links and anchors resolve, records that are named exist, and the map leads to every document. */
export function checkLinks(root: string, documents: readonly Document[]): Fault[] {
  const byPath = new Map(documents.map((document) => [document.path, document]));
  return [
    ...documents.flatMap((document) => checkTargets(root, document, byPath)),
    ...documents.flatMap((document) => checkNamedRecords(document, documents)),
    ...checkMap(byPath),
  ];
}

/** Where a link of this document points to, or null for one that leaves the project. */
export function targetOf({ path }: Pick<Document, 'path'>, link: string): Target | null {
  if (/^[a-z]+:/i.test(link)) return null;
  const [file = '', anchor = ''] = link.split('#', 2);
  if (file === '') return { path, anchor };
  return { path: normalize(join(dirname(path), file)).replace(/\/$/, ''), anchor };
}

function checkTargets(
  root: string,
  document: Document,
  byPath: ReadonlyMap<string, Document>,
): Fault[] {
  return document.links.flatMap(({ target: link, line }) => {
    const message = link.startsWith('/')
      ? `The link ${link} must be relative to this document.`
      : missing(root, link, targetOf(document, link), byPath);
    return message === null ? [] : [{ path: document.path, line, message }];
  });
}

function missing(
  root: string,
  link: string,
  target: Target | null,
  byPath: ReadonlyMap<string, Document>,
): string | null {
  if (target === null) return null;
  const { path, anchor } = target;
  if (path.startsWith('..')) return `The link ${link} leaves the project.`;
  if (!existsAsWritten(root, path))
    return `The link ${link} leads to ${path}, which does not exist.`;
  if (anchor === '') return null;
  const to = byPath.get(path);
  if (to === undefined)
    return `The link ${link} names a place in ${path}; line numbers drift, name the file.`;
  if (to.headings.some((heading) => heading.anchor === anchor)) return null;
  return `The link ${link} leads to a heading that ${path} does not have.`;
}

/** A file system may ignore case; the web does not. */
function existsAsWritten(root: string, path: string): boolean {
  const full = join(root, path);
  return existsSync(full) && (path === '.' || readdirSync(dirname(full)).includes(basename(full)));
}

function checkNamedRecords(document: Document, documents: readonly Document[]): Fault[] {
  return document.prose.flatMap((text, index) =>
    [...text.matchAll(adrNamed)]
      .filter(([, number = '']) => !documents.some(({ path }) => path.includes(`/adr-${number}-`)))
      .map(([name]) => ({
        path: document.path,
        line: index + 1,
        message: `${name} is named, but there is no such record.`,
      })),
  );
}

/** Every document below docs/ can be reached from the map, link by link. */
function checkMap(byPath: ReadonlyMap<string, Document>): Fault[] {
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const document = byPath.get(path);
    if (document === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { target } of document.links) visit(targetOf(document, target)?.path ?? '');
  };
  visit(mapPath);
  if (!reached.has(mapPath)) return [{ path: mapPath, line: 1, message: 'The map is missing.' }];
  return [...byPath.keys()]
    .filter((path) => path.startsWith('docs/') && !reached.has(path))
    .map((path) => ({
      path,
      line: 1,
      message: `No link leads here from ${mapPath} or a page that it links to.`,
    }));
}
