import { mkdir, mkdtemp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, inject, test } from 'vitest';
import { ensureCached } from '../../dev/setup/cache.mjs';
import { withLock } from '../../dev/setup/lock.mjs';

let cache = '';
let folder = '';
let fills = 0;

beforeEach(async () => {
  cache = await mkdtemp(join(inject('scratchFolder'), 'cache-'));
  folder = join(cache, 'tool-1.0');
  fills = 0;
});

async function ensureTool(): Promise<void> {
  await ensureCached({
    folder,
    works: async (place) => (await contentOf(join(place, 'tool'))) !== 'broken',
    fill: async (arriving) => {
      fills += 1;
      await writeFile(join(arriving, 'tool'), 'good');
    },
  });
}

function contentOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => 'broken');
}

test('fills a folder once when two setups want it at the same time', async () => {
  await Promise.all([ensureTool(), ensureTool()]);
  expect(fills).toBe(1);
  expect(await readdir(cache)).toEqual(['tool-1.0']);
});

test('uses again what is undamaged', async () => {
  await ensureTool();
  await ensureTool();
  expect(fills).toBe(1);
});

test('replaces a file that changed after it was installed', async () => {
  await ensureTool();
  await writeFile(join(folder, 'tool'), 'goof');
  await ensureTool();
  expect(await contentOf(join(folder, 'tool'))).toBe('good');
});

test('takes a working folder that somebody put there by hand', async () => {
  await mkdir(folder);
  await writeFile(join(folder, 'tool'), 'mine');
  await ensureTool();
  expect(await contentOf(join(folder, 'tool'))).toBe('mine');
});

test('leaves nothing behind when filling fails, and names the reason', async () => {
  const failing = ensureCached({
    folder,
    works: () => Promise.resolve(true),
    fill: () => Promise.reject(new Error('no network')),
  });
  await expect(failing).rejects.toThrow('no network');
  expect(await readdir(cache)).toEqual([]);
});

test('clears away what a killed setup had half filled', async () => {
  await mkdir(`${folder}.arriving-killed`);
  await ensureTool();
  expect(await readdir(cache)).toEqual(['tool-1.0']);
});

test('takes over the lock of a setup that was killed', async () => {
  const lock = join(cache, 'lock');
  await mkdir(lock);
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(lock, longAgo, longAgo);
  expect(await withLock(lock, () => Promise.resolve('mine'))).toBe('mine');
});

test('keeps a second holder out until the first is done', async () => {
  const lock = join(cache, 'lock');
  const order: string[] = [];
  let second = Promise.resolve(0);
  await withLock(lock, async () => {
    second = withLock(lock, () => Promise.resolve(order.push('second')));
    // Long enough for the second one to have asked.
    await readdir(lock);
    order.push('first');
  });
  await second;
  expect(order).toEqual(['first', 'second']);
});
