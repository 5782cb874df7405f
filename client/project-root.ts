import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder that one seat stands for, from any folder within it.
 *
 * Symbolic links are resolved first, so that every way into a project ends in the same place. Then the
 * nearest checkout counts: a folder with `.git`. A submodule belongs to the project around it; a
 * worktree is a checkout of its own. Without any checkout it is the folder itself.
 */
export function findProjectRoot(folder: string): string {
  const start = realpathSync.native(folder);
  let submodule: string | null = null;
  for (const candidate of andItsParents(start)) {
    const kind = checkoutKind(candidate);
    if (kind === 'checkout') return candidate;
    if (kind === 'submodule') submodule = candidate;
  }
  return submodule ?? start;
}

/** Whether the folder belongs to a checkout; one that is not there belongs to none. */
export function isInCheckout(folder: string): boolean {
  try {
    const start = realpathSync.native(folder);
    return [...andItsParents(start)].some((candidate) => checkoutKind(candidate) !== null);
  } catch {
    return false;
  }
}

function* andItsParents(folder: string): Generator<string> {
  for (let here = folder; ; here = dirname(here)) {
    yield here;
    if (dirname(here) === here) return;
  }
}

/** `.git` is a folder in a checkout, and a file that names one elsewhere in a submodule or a worktree. */
function checkoutKind(folder: string): 'checkout' | 'submodule' | null {
  const path = join(folder, '.git');
  try {
    if (statSync(path).isDirectory()) return 'checkout';
    const isSubmodule = /^gitdir:.*[/\\]modules[/\\](?!.*[/\\]worktrees[/\\][^/\\]+\s*$)/m;
    return isSubmodule.test(readFileSync(path, 'utf8')) ? 'submodule' : 'checkout';
  } catch {
    // No such entry, or one that may not be read: not a checkout as far as anybody here can tell.
    return null;
  }
}
