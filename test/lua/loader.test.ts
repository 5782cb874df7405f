import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, inject, test } from 'vitest';
import { loadScript } from '../../lua/load.ts';

/** A folder with these files; answers it as the loader wants it. */
async function givenScripts(files: Record<string, string>): Promise<URL> {
  const folder = await mkdtemp(join(inject('scratchFolder'), 'lua-'));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  return pathToFileURL(`${folder}/`);
}

test('puts an include in the place of the line that asks for it', async () => {
  const folder = await givenScripts({
    'main.lua': 'local a = 1\n-- @include two\nreturn a + b\n',
    'include/two.lua': 'local b = 2\n',
  });
  expect(loadScript('main.lua', { folder })).toBe('local a = 1\nlocal b = 2\nreturn a + b');
});

test('puts an include in once, before everything that needs it', async () => {
  const folder = await givenScripts({
    'main.lua': '-- @include left\n-- @include right\n-- @include base',
    'include/left.lua': '-- @include base\nleft()',
    'include/right.lua': '-- @include base\nright()',
    'include/base.lua': 'base()',
  });
  expect(loadScript('main.lua', { folder })).toBe('base()\nleft()\nright()');
});

test('takes only a whole line of that form for a directive', async () => {
  const text = 'print("-- @include x")\n-- @includes y\n--- @include z';
  const folder = await givenScripts({ 'main.lua': text });
  expect(loadScript('main.lua', { folder })).toBe(text);
});

test('names the file and the line that include what is missing, and how they were reached', async () => {
  const folder = await givenScripts({
    'main.lua': 'local a\n-- @include one',
    'include/one.lua': '\n\n-- @include lost',
  });
  expect(() => loadScript('main.lua', { folder })).toThrow(
    'include/one.lua:3 includes include/lost.lua, which cannot be read ' +
      '(main.lua → include/one.lua → include/lost.lua)',
  );
});

test('names a script that is missing', async () => {
  const folder = await givenScripts({});
  expect(() => loadScript('main.lua', { folder })).toThrow('main.lua, which cannot be read');
});

test('names the file and the line that close a circle', async () => {
  const folder = await givenScripts({
    'main.lua': '-- @include one',
    'include/one.lua': '-- @include two',
    'include/two.lua': 'local two\n-- @include one',
  });
  expect(() => loadScript('main.lua', { folder })).toThrow(
    'include/two.lua:2 includes include/one.lua, which includes itself ' +
      '(main.lua → include/one.lua → include/two.lua → include/one.lua)',
  );
});

test('reads a file as it is rewritten, includes and all', async () => {
  const folder = await givenScripts({
    'main.lua': '-- @include one',
    'include/one.lua': 'one()',
    'include/other.lua': 'other()',
  });
  const rewrite = (file: string, text: string) =>
    file === 'include/one.lua' ? '-- @include other' : text;
  expect(loadScript('main.lua', { folder, rewrite })).toBe('other()');
});
