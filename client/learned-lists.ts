/**
 * The signed lists that programs of a product have learned from, one file for each product and user, beside the
 * license file: so that what was learned once holds after a restart, without a network. They are kept as the server
 * gave them and believed for their signatures alone, whoever wrote the file. Nothing here throws.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { memoryFolder } from './memory.ts';
import { readPrivately, writePrivately } from './private-file.ts';
import type { SignedLists } from './verify/index.ts';

/** Twice what a server gives: four years of rotations. A product's pins are newer than that. */
const rootListsMax = 16;

/** What is no such file, or cannot be read, holds no lists. */
export function readLists(product: string, environment: NodeJS.ProcessEnv): SignedLists {
  const { roots, revocations } = readPrivately(fileOf(product, environment)) ?? {};
  const lists: unknown[] = Array.isArray(roots) ? roots : [];
  return {
    roots: lists.filter((list) => typeof list === 'string').slice(-rootListsMax),
    revocations: typeof revocations === 'string' ? revocations : null,
  };
}

/** Where they cannot be kept, the program that learned them goes by them all the same. */
export function keepLists(
  product: string,
  { roots, revocations }: SignedLists,
  environment: NodeJS.ProcessEnv,
): void {
  const kept = { product, roots: roots.slice(-rootListsMax), revocations };
  writePrivately(fileOf(product, environment), JSON.stringify(kept));
}

function fileOf(product: string, environment: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256').update(product).digest('hex').slice(0, 32);
  return join(memoryFolder(environment), `lists-${hash}.json`);
}
