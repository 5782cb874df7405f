import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** A line of its own in a script: `-- @include drop-lapsed` stands for `include/drop-lapsed.lua`. */
const directive = /^-- @include (\S+)\s*$/;

export interface LoadOptions {
  /** Where the scripts and their folder `include` are; this folder unless given. */
  folder?: URL;
  /** For tests: what a file, named by its path in the folder, says instead of its text. */
  rewrite?: Rewrite;
}

type Rewrite = (file: string, text: string) => string;

export const textAsIs: Rewrite = (_file, text) => text;

/** A file that is being expanded, and the line that asked for it. */
interface Request {
  file: string;
  from: { file: string; line: number } | null;
  /** The files whose expansion led here, the script itself first. */
  path: readonly string[];
}

/**
 * Reads a script and puts each file that it includes, directly or not, in the place of the first
 * mention: each once, what it needs itself before it.
 *
 * @param file path in the folder, as `acquire-seat.lua`.
 * @throws Error for an include that is missing or includes itself, with the file and line that ask for
 * it and how they were reached.
 */
export function loadScript(file: string, options: LoadOptions = {}): string {
  return expand({ file, from: null, path: [] }, new Set(), options).join('\n');
}

function expand(request: Request, done: Set<string>, options: LoadOptions): string[] {
  const { file } = request;
  if (request.path.includes(file)) throw fault(request, 'which includes itself');
  if (done.has(file)) return [];
  done.add(file);
  const path = [...request.path, file];
  return readLines(request, options).flatMap((text, index) => {
    const name = directive.exec(text)?.[1];
    if (name === undefined) return [text];
    const included = posix.join('include', `${name}.lua`);
    return expand({ file: included, from: { file, line: index + 1 }, path }, done, options);
  });
}

function readLines(request: Request, options: LoadOptions): string[] {
  const { file } = request;
  const { folder = new URL('./', import.meta.url), rewrite = textAsIs } = options;
  try {
    const text = readFileSync(new URL(file, folder), 'utf8');
    return rewrite(file, text).trimEnd().split('\n');
  } catch (cause) {
    throw fault(request, 'which cannot be read', cause);
  }
}

function fault({ file, from, path }: Request, what: string, cause?: unknown): Error {
  const asker = from === null ? '' : `${from.file}:${from.line} includes `;
  const trail = [...path, file].join(' → ');
  return new Error(`${asker}${file}, ${what} (${trail})`, { cause });
}
