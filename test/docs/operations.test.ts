import { readFileSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readMarkdown } from '../../dev/docs/markdown.ts';
import { configFields } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';

const root = new URL('../../', import.meta.url);

/** Cells of a document's rows whose first cell is a name that matches. */
function rowsNamed(pattern: RegExp, document: 'operations' | 'monitoring'): string[][] {
  const file = new URL(`../../docs/${document}.md`, import.meta.url);
  return readMarkdown(readFileSync(file, 'utf8'))
    .prose.filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([name = '']) => pattern.test(name));
}

test('every setting is listed with its default and its meaning', () => {
  const settings = Object.entries(configFields).map(([name, field]) => {
    const unset = field.safeParse(undefined);
    const value = unset.data as string | number | undefined;
    const byDefault = unset.success ? (value === undefined ? '–' : `\`${value}\``) : 'required';
    return [`\`${name}\``, byDefault, field.description?.replace(/ Required\.$/, '')];
  });
  expect(rowsNamed(/^`[A-Z_]+`$/, 'operations')).toEqual(settings);
});

test('every metric is listed with its type and its meaning', async () => {
  const metrics = await createMetrics('api').registry.getMetricsAsJSON();
  const ours = metrics.filter(({ name }) => !/^(nodejs|process)_/.test(name));
  const listed = rowsNamed(/^`[a-z_]+`$/, 'monitoring');
  expect(listed.map(([name, type, , help]) => [name, type, help])).toEqual(
    ours.map(({ name, type, help }) => [`\`${name}\``, type, help]),
  );
});

test('every command that the manual names exists', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const pages = ['README.md', 'CONTRIBUTING.md', 'docs/operations.md', 'docker-compose.yml'];
  for (const page of pages) {
    const text = await readFile(new URL(page, root), 'utf8');
    for (const [, name = ''] of text.matchAll(/npm run ([\w:-]+)/g)) {
      expect(Object.keys(scripts), page).toContain(name);
    }
    for (const [, file = ''] of text.matchAll(/node (ops\/[\w-]+\.ts)/g)) {
      await expect(access(new URL(file, root)), `${page}: ${file}`).resolves.toBeUndefined();
    }
  }
});
