import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the scripts of this product are. */
export const scriptFolder = fileURLToPath(new URL('./', import.meta.url));

const directive = /^--- @include ([\w-]+)$/;

/** Lets a test change a file's text as it is read: a mutant, or a clock that the test moves. */
export type ReadScript = (path: string) => string;

/** The text of a script as it is on disk. */
export const readScript: ReadScript = (path) => readFileSync(path, 'utf8');

/**
 * Reads a script and puts in what it includes: each include once, before what needs it.
 *
 * @throws Error naming file and line for an include that is missing or includes itself in a circle.
 */
export function loadScript(
  name: string,
  options: { folder?: string; read?: ReadScript } = {},
): string {
  const { folder = scriptFolder, read = readScript } = options;
  const done = new Set<string>();
  return expand(`${folder}/${name}.lua`, []);

  function expand(path: string, above: readonly string[]): string {
    const lines = readOrExplain(path, above).split('\n');
    return lines
      .map((line, index) => {
        const included = directive.exec(line)?.[1];
        if (included === undefined) return line;
        return include(included, [...above, `${basename(path)}:${index + 1}`]);
      })
      .join('\n');
  }

  function include(included: string, above: readonly string[]): string {
    if (above.some((place) => place.startsWith(`${included}.lua:`))) {
      throw new Error(`Circular include: ${above.join(' → ')} → ${included}`);
    }
    if (done.has(included)) return '';
    const text = expand(`${folder}/include/${included}.lua`, above);
    done.add(included);
    return text;
  }

  function readOrExplain(path: string, above: readonly string[]): string {
    try {
      return read(path);
    } catch (error) {
      const from = above.length === 0 ? '' : `, included at ${above.join(' → ')}`;
      throw new Error(`There is no script ${basename(path)}${from}`, { cause: error });
    }
  }
}
