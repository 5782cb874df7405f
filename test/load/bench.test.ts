import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Line } from './figures.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

async function bench(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], {
    timeout: 110_000,
  });
  return stdout;
}

test('a quick run answers every line of a measurement, each a finite figure with its ratios', async () => {
  const { lines } = JSON.parse(await bench('--quick', '--only', 'heartbeat,acquire', '--json')) as {
    lines: Line[];
  };
  for (const name of ['heartbeat', 'acquire']) {
    const own = lines.filter(({ measurement }) => measurement === name);
    const rates = own.filter(({ unit }) => unit === '/s');
    expect(rates.map(({ floor }) => floor?.name)).toEqual([
      'bare route',
      'equal-work route',
      'raw EVALSHA',
    ]);
    expect(own.map(({ what }) => what)).toEqual(
      expect.arrayContaining([`${name}, p50`, `${name}, p99`, `${name}, CPU of the process`]),
    );
  }
  // The kernel counts CPU in ticks of 10 ms, which may be longer than all the steps of a quick window.
  const timed = lines.filter(({ unit }) => unit !== 'µs');
  const spreads = timed.flatMap(({ value, floor }) =>
    floor === undefined ? [value] : [value, floor.value, floor.ratio],
  );
  for (const { median, min, max } of spreads) {
    for (const figure of [median, min, max]) expect(figure).toBeGreaterThan(0);
    expect(max).toBeLessThan(Infinity);
    expect(min).toBeLessThanOrEqual(median);
    expect(median).toBeLessThanOrEqual(max);
  }
}, 120_000);

test('help names every measurement, and an unknown one is refused', async () => {
  expect(await bench('--help')).toContain('heartbeat');
  await expect(bench('--only', 'everything')).rejects.toMatchObject({ code: 64 });
});
