import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path/posix';
import { targetOf } from './check-links.ts';
import type { Document, Fault, Section } from './documents.ts';
import type { Fence } from './markdown.ts';

const leadOf = /^(From|Run by) \[`?[^\]`]+`?\]\(([^)]+)\)/;

/**
 * Faults of the code in a section. The line above each block says where it comes from:
 *
 * - ``From [`file`](link):`` the block is an excerpt of that file. A line of nothing but `…` (behind
 *   the language's comment mark) stands for what is left out. Blanks and line breaks do not count.
 * - ``Run by [`test/….test.ts`](link):`` the block is an example that this test runs; the test names
 *   the document.
 */
export function checkExcerpts(root: string, document: Document, section: Section): Fault[] {
  return document.fences
    .filter(({ line }) => line > section.heading.line && line < section.endLine)
    .flatMap((fence) => {
      const message = faultOf(root, document, fence);
      return message === null ? [] : [{ path: document.path, line: fence.line, message }];
    });
}

function faultOf(root: string, document: Document, fence: Fence): string | null {
  const [, kind, link = ''] = leadOf.exec(fence.lead) ?? [];
  const path = targetOf(document, link)?.path ?? '';
  if (kind === undefined)
    return 'The line above this code must begin with “From [`file`](link)” or “Run by [`test`](link)”.';
  // Links are checked elsewhere.
  if (!existsSync(join(root, path))) return null;
  const source = readFileSync(join(root, path), 'utf8');
  if (kind === 'From') return excerptFault(fence.text, source, path);
  if (!path.startsWith('test/') || !path.endsWith('.test.ts')) return `${path} is not a test.`;
  if (source.includes(basename(document.path))) return null;
  return `${path} does not name this document, so it cannot run its example.`;
}

function excerptFault(excerpt: string, source: string, path: string): string | null {
  const parts = excerpt.split(/^\s*(?:\/\/|--|#)?\s*…\s*$/m).filter((part) => part.trim() !== '');
  let rest = condense(source);
  for (const part of parts) {
    const code = condense(part);
    const at = rest.indexOf(code);
    if (at === -1) return `${path} does not contain these lines (any more): “${part.trim()}”`;
    rest = rest.slice(at + code.length);
  }
  return parts.length === 0 ? 'The excerpt is empty.' : null;
}

/** The formatter breaks lines anew where an excerpt is indented less; only then it moves commas. */
function condense(code: string): string {
  return code.replace(/\s+/g, '').replace(/,([)\]}])/g, '$1');
}
