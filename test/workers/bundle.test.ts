import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { bundleForWorker, cachedBundle } from '../../workers/bundle.ts';

const folder = await mkdtemp(join(inject('scratchFolder'), 'bundle-'));

test('the workflows are built once for the same sources', async () => {
  const path = await cachedBundle(folder);
  const { mtimeMs } = await stat(path);
  expect(await readFile(path, 'utf8')).toContain('licenseSession');
  expect(await bundleForWorker(folder)).toEqual({ codePath: path });
  expect((await stat(path)).mtimeMs).toBe(mtimeMs);
});

test('the workflows run from memory where nothing can be written', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  expect(await bundleForWorker(join(file, 'cache'))).toHaveProperty('code');
});
