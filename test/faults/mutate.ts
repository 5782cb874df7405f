/**
 * Runs a server with a mistake in it: `node --import ./test/faults/mutate.ts api/main.ts`. The edits
 * stand in the variable `FAULTS_EDITS`; each replaces a text of one source file while it is loaded.
 * The product knows nothing of it, and no file changes.
 */
import fs from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { z } from 'zod';

const editSchema = z.object({ file: z.string(), from: z.string().min(1), to: z.string() });
/** One replacement: `file` is its path in the repository, a `.ts` or a `.lua` one. */
export type Edit = z.output<typeof editSchema>;

/** The variable that carries the edits to a server process. */
export const editsVariable = 'FAULTS_EDITS';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The text of a file with the edits that name it.
 *
 * @throws Error when the text that an edit replaces is not there exactly once: the source has moved on,
 * and the server would run without the mistake.
 */
export function applyEdits(edits: readonly Edit[], file: string, text: string): string {
  return edits
    .filter((edit) => edit.file === file)
    .reduce((before, { from, to }) => {
      const [head, tail, ...more] = before.split(from);
      if (head === undefined || tail === undefined || more.length > 0) {
        throw new Error(`${file} does not hold this text exactly once: ${from}`);
      }
      return head + to + tail;
    }, text);
}

/** From now on this process loads modules and scripts with the edits. */
function loadWithEdits(edits: readonly Edit[]): void {
  const isEdited = (file: string) => edits.some((edit) => edit.file === file);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : '';
      if (!isEdited(file) || loaded.source == null) return loaded;
      const text = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      return { ...loaded, source: applyEdits(edits, file, text) };
    },
  });
  // Scripts are no modules: they are read like any file.
  const { readFileSync } = fs;
  const readEdited = (path: fs.PathOrFileDescriptor, ...rest: never[]) => {
    const read: string | Buffer = readFileSync(path, ...rest);
    if (typeof path === 'number' || typeof read !== 'string') return read;
    const file = relative(root, path instanceof URL ? fileURLToPath(path) : path.toString());
    return file.endsWith('.lua') && isEdited(file) ? applyEdits(edits, file, read) : read;
  };
  fs.readFileSync = readEdited as typeof fs.readFileSync;
  syncBuiltinESMExports();
}

const given = process.env[editsVariable];
if (given !== undefined) loadWithEdits(z.array(editSchema).parse(JSON.parse(given)));
