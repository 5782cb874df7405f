import { join } from 'node:path';
import { ensureCached } from './cache.mjs';
import { downloadFromTemporal } from './download.mjs';
import { findOnPath, temporalCliFolder, temporalCliVersion } from './places.mjs';
import { SetupError, step } from './progress.mjs';
import { advise, run } from './run.mjs';

const goPackage = `github.com/temporalio/cli/cmd/temporal@v${temporalCliVersion}`;

/**
 * Makes sure of the Temporal CLI: on PATH, else cached, else downloaded, else built with Go.
 * @returns {Promise<void>}
 */
export async function ensureTemporalCli() {
  if (findOnPath('temporal') !== null) return;
  await ensureCached({
    folder: temporalCliFolder(),
    works: (folder) => answersVersion(join(folder, 'temporal')),
    fill: async (folder) => {
      const isDownloaded = await step('Downloading the Temporal CLI', () =>
        downloadFromTemporal({
          artifact: 'cli',
          version: `v${temporalCliVersion}`,
          query: { format: 'tar.gz' },
          into: join(folder, 'temporal'),
        }),
      );
      if (!isDownloaded) await buildWithGo(folder);
    },
  });
}

/**
 * @param {string} folder
 * @returns {Promise<void>}
 */
async function buildWithGo(folder) {
  const go = findOnPath('go');
  if (go === null) {
    throw new SetupError(
      'Temporal is missing and could not be downloaded: install the Temporal CLI or Go 1.25, then start again.',
    );
  }
  try {
    await step('Building the Temporal CLI with Go (about 4 minutes, only this once)', () =>
      run(go, ['install', goPackage], { env: { ...process.env, GOBIN: folder } }),
    );
  } catch (error) {
    throw advise('Temporal could not be built: install the Temporal CLI, then start again.', error);
  }
}

/**
 * @param {string} command
 * @returns {Promise<boolean>}
 */
async function answersVersion(command) {
  const answer = await run(command, ['--version'], { timeoutMs: 20_000 }).catch(() => '');
  return answer.startsWith('temporal version');
}
