import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { interruption, run } from './run.mjs';

const askTimeoutMs = 5_000;
const downloadTimeoutMs = 300_000;

/**
 * Fetches an executable from Temporal's download service, in the way Temporal's SDKs do: one
 * question for where the archive is, then the archive.
 * @param {{ artifact: string, version: string, query?: Record<string, string>, into: string }} wanted
 *   `into`: the path that the executable gets
 * @returns {Promise<boolean>} false when the network does not let us, within 5 s for the question
 */
export async function downloadFromTemporal({ artifact, version, query = {}, into }) {
  const unpacking = `${into}.unpacking`;
  try {
    const { archiveUrl, fileToExtract } = await askForArchive(artifact, version, query);
    await mkdir(unpacking, { recursive: true });
    const archive = join(unpacking, 'archive');
    await fetchFile(archiveUrl, archive);
    await unpack(archive, archiveUrl, unpacking);
    await rename(join(unpacking, fileToExtract), into);
    await chmod(into, 0o755);
    return true;
  } catch (error) {
    if (interruption.signal.aborted) throw error;
    return false;
  } finally {
    await rm(unpacking, { recursive: true, force: true });
  }
}

/**
 * @param {string} artifact
 * @param {string} version
 * @param {Record<string, string>} query
 * @returns {Promise<{ archiveUrl: string, fileToExtract: string }>}
 */
async function askForArchive(artifact, version, query) {
  const url = new URL(`https://temporal.download/${artifact}/${version}`);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  url.searchParams.set('platform', process.platform);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const response = await fetch(url, { signal: AbortSignal.timeout(askTimeoutMs) });
  /** @type {unknown} */
  const answer = await response.json();
  if (typeof answer !== 'object' || answer === null) throw new Error('not an answer');
  if (!('archiveUrl' in answer) || typeof answer.archiveUrl !== 'string') throw new Error('no url');
  if (!('fileToExtract' in answer) || typeof answer.fileToExtract !== 'string') {
    throw new Error('no file');
  }
  return { archiveUrl: answer.archiveUrl, fileToExtract: answer.fileToExtract };
}

/**
 * @param {string} url
 * @param {string} path
 * @returns {Promise<void>}
 */
async function fetchFile(url, path) {
  const signal = AbortSignal.timeout(downloadTimeoutMs);
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) throw new Error(`${url}: ${String(response.status)}`);
  const body = /** @type {import('node:stream/web').ReadableStream} */ (response.body);
  await pipeline(Readable.fromWeb(body), createWriteStream(path), { signal });
}

/**
 * @param {string} archive
 * @param {string} url
 * @param {string} folder
 * @returns {Promise<void>}
 */
async function unpack(archive, url, folder) {
  const isZip = new URL(url).pathname.endsWith('.zip');
  if (isZip) await run('unzip', ['-q', '-o', archive, '-d', folder]);
  else await run('tar', ['-xzf', archive, '-C', folder]);
}
