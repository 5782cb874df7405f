import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMarkdown } from '../../dev/docs/markdown.ts';
import { configFields } from '../../platform/config.ts';
import { createMetrics } from '../../platform/metrics.ts';

const { prose } = readMarkdown(
  readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8'),
);

/** Cells of the rows whose first cell is a name that matches. */
function rowsNamed(pattern: RegExp): string[][] {
  return prose
    .filter((line) => line.startsWith('| `'))
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
  expect(rowsNamed(/^`[A-Z_]+`$/)).toEqual(settings);
});

test('every metric is listed with its type and its meaning', async () => {
  const metrics = await createMetrics('api').registry.getMetricsAsJSON();
  const ours = metrics.filter(({ name }) => !/^(nodejs|process)_/.test(name));
  const listed = rowsNamed(/^`[a-z_]+`$/);
  expect(listed.map(([name, type, , help]) => [name, type, help])).toEqual(
    ours.map(({ name, type, help }) => [`\`${name}\``, type, help]),
  );
});
