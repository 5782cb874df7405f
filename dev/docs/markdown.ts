/**
 * As much of Markdown as the documents use: headings, fenced code, links. Line numbers count from 1.
 */

export interface Heading {
  level: number;
  /** Without backticks and other marks. */
  text: string;
  /** The fragment by which GitHub links to it. */
  anchor: string;
  line: number;
}

export interface Fence {
  language: string;
  text: string;
  /** Where the opening fence stands. */
  line: number;
  /** The nearest line above that is not blank. */
  lead: string;
}

export interface Link {
  target: string;
  line: number;
}

export interface Markdown {
  /** Every line; lines of fenced code and of comments are empty. */
  prose: readonly string[];
  headings: readonly Heading[];
  fences: readonly Fence[];
  links: readonly Link[];
}

/** Reads a document. Never throws: what is not closed ends with the file. */
export function readMarkdown(text: string): Markdown {
  const { prose, fences } = splitFences(withoutComments(text).split('\n'));
  return { prose, fences, headings: readHeadings(prose), links: readLinks(prose) };
}

/** Takes comments out and keeps their line breaks. */
function withoutComments(text: string): string {
  return text.replace(/<!--.*?(-->|$)/gs, (comment) => comment.replace(/[^\n]/g, ''));
}

function splitFences(lines: readonly string[]): { prose: string[]; fences: Fence[] } {
  const prose: string[] = [];
  const fences: Fence[] = [];
  let open: { mark: string; language: string; line: number; body: string[] } | null = null;
  for (const [index, line] of lines.entries()) {
    if (open !== null) {
      prose.push('');
      if (line.trim() === open.mark) {
        fences.push(closeFence(open, prose));
        open = null;
      } else open.body.push(line);
      continue;
    }
    const [, mark, language = ''] = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line) ?? [];
    if (mark === undefined) prose.push(line);
    else {
      open = { mark, language, line: index + 1, body: [] };
      prose.push('');
    }
  }
  if (open !== null) fences.push(closeFence(open, prose));
  return { prose, fences };
}

function closeFence(
  { language, line, body }: { language: string; line: number; body: string[] },
  prose: readonly string[],
): Fence {
  const above = prose.slice(0, line - 1).findLast((text) => text.trim() !== '');
  return { language, line, text: body.join('\n'), lead: above ?? '' };
}

function readHeadings(prose: readonly string[]): Heading[] {
  const seen = new Map<string, number>();
  return prose.flatMap((line, index) => {
    const [, marks, raw] = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line) ?? [];
    if (marks === undefined || raw === undefined) return [];
    const text = plainText(raw);
    const slug = slugOf(text);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    const anchor = count === 0 ? slug : `${slug}-${count}`;
    return [{ level: marks.length, text, anchor, line: index + 1 }];
  });
}

function plainText(raw: string): string {
  return raw.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '');
}

/** The fragment that GitHub makes of a heading: lower case, no punctuation, blanks as hyphens. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function readLinks(prose: readonly string[]): Link[] {
  return prose.flatMap((raw, index) => {
    // What stands in backticks is text, also when it looks like a link.
    const line = raw.replace(/`[^`]*`/g, (code) => 'x'.repeat(code.length));
    const inline = [...line.matchAll(/\[[^\]]*\]\(\s*<?([^()\s>]+)>?[^)]*\)/g)];
    const defined = [...line.matchAll(/^\s*\[[^\]]+\]:\s+(\S+)/g)];
    return [...inline, ...defined].map(([, target = '']) => ({ target, line: index + 1 }));
  });
}
