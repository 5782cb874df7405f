import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { pinnedNode, root } from './packages.mjs';
import { step } from './progress.mjs';
import { advise, run } from './run.mjs';

/**
 * Builds the client package, which the story and the tests use as its users do.
 * @returns {Promise<void>}
 */
export async function buildClient() {
  const script = join(root, 'client', 'build.mjs');
  try {
    await access(script);
  } catch {
    return;
  }
  try {
    await step('Building the client', () => run(pinnedNode, [script], { cwd: root }));
  } catch (error) {
    throw advise('The client could not be built: see the message above.', error);
  }
}
