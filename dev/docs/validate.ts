/**
 * Checks the documents: `node dev/docs/validate.ts [root]`. Exit code 0: all in order; 1: faults, one
 * line each; 2: there are no documents at that place.
 *
 * What it checks: the form of decision records and sequence diagrams, their indexes, every link and
 * anchor, that excerpts are in the files that they name, and that the map leads to every document.
 * Whether a diagram can be drawn needs a browser; that check does not exist yet.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkAdrs } from './check-adrs.ts';
import { checkDiagrams } from './check-diagrams.ts';
import { checkLinks } from './check-links.ts';
import { readDocuments, type Fault } from './documents.ts';

/** Everything that is wrong with the documents of the project at `root`, in order of place. */
export function validateDocuments(root: string): { faults: Fault[]; count: number } {
  const documents = readDocuments(root);
  const faults = [
    ...checkLinks(root, documents),
    ...checkAdrs(root, documents),
    ...checkDiagrams(documents),
  ];
  return { count: documents.length, faults: faults.toSorted(byPlace) };
}

function byPlace(one: Fault, other: Fault): number {
  if (one.path !== other.path) return one.path < other.path ? -1 : 1;
  return one.line - other.line;
}

function main(root: string): number {
  if (!existsSync(join(root, 'docs'))) {
    console.error(`There is no folder docs in ${root}.`);
    return 2;
  }
  const { faults, count } = validateDocuments(root);
  for (const { path, line, message } of faults) console.error(`${path}:${line}: ${message}`);
  if (faults.length === 0) console.log(`${count} documents are in order.`);
  else
    console.error(
      `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${count} documents.`,
    );
  return faults.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  process.exitCode = main(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
}
