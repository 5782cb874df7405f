/**
 * `npm run vectors`: makes the conformance vectors anew, with keys that nobody keeps. PSS signatures are
 * random: every text changes with every run, what is expected of it does not.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { makeKeys } from './conformance/keys.ts';
import { makeVectors, type Conformance } from './conformance/vectors.ts';

const file = 'client/conformance/vectors.json';

const conformance = await makeVectors(makeKeys());
const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
await writeFile(path, documentOf(conformance));
console.log(`Made ${conformance.vectors.length} vectors: ${file}`);

/** One line for each vector, so that a change shows which ones are new. */
function documentOf({ roots, vectors }: Conformance): string {
  const lines = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).join(',\n');
  return `{"roots": [\n${lines(roots)}\n], "vectors": [\n${lines(vectors)}\n]}\n`;
}
