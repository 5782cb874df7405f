import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  bundleWorkflowCode,
  type Logger,
  type WorkflowBundleOption,
} from '@temporalio/worker';

const project = fileURLToPath(new URL('../', import.meta.url));

/** Where workers look for the built workflows. */
export const bundleFolder = join(project, 'node_modules/.cache/leasehold');

/** The folders that workflow code may import from. */
const sourceFolders = ['workflows', 'domain'];

/**
 * Builds the workflows into the one script that workers run in their sandbox. Takes seconds; says
 * nothing but warnings unless given a logger.
 */
export function bundleWorkflows(options: { logger?: Logger } = {}): Promise<{ code: string }> {
  const logger = options.logger ?? new DefaultLogger('WARN');
  return bundleWorkflowCode({
    workflowsPath: join(project, 'workflows/index.ts'),
    workflowInterceptorModules: [join(project, 'workflows/carry-trace.ts')],
    logger,
  });
}

/**
 * The built workflows as a file in `folder`, built only when a source, the SDK or this project's lock
 * file changed since.
 *
 * @returns its path.
 * @throws Error when the folder cannot be written.
 */
export async function cachedBundle(
  folder: string,
  options: { logger?: Logger } = {},
): Promise<string> {
  const path = join(folder, `workflows-${await fingerprint()}.js`);
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const { code } = await bundleWorkflows(options);
  // Two processes may build at once: the file appears whole.
  const making = `${path}.${String(process.pid)}`;
  await writeFile(making, code);
  await rename(making, path);
  return path;
}

/** As above; where nothing can be written, a read-only image for example, built at every start. */
export async function bundleForWorker(
  folder: string,
  options: { logger?: Logger } = {},
): Promise<WorkflowBundleOption> {
  try {
    return { codePath: await cachedBundle(folder, options) };
  } catch {
    return bundleWorkflows(options);
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function fingerprint(): Promise<string> {
  const folders = await Promise.all(
    sourceFolders.map(async (folder) =>
      (await readdir(join(project, folder))).sort().map((name) => join(project, folder, name)),
    ),
  );
  const files = [
    ...folders.flat().filter((file) => file.endsWith('.ts')),
    join(project, 'package-lock.json'),
  ];
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(project.length)).update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
