/** `npm run bench`: how fast the server is beside the floors of its own parts. */
import { styleText } from 'node:util';
import type { Bench } from './bench.ts';
import { startGenerator } from './generator.ts';
import { measurements } from './measurements.ts';
import { help, readOptions } from './options.ts';
import { describeRun, tableOf, writeTable } from './report.ts';
import type { Line } from './figures.ts';
import { startWorld } from './world.ts';

const options = readOptions();
if (options.help) process.stdout.write(help);
else await run();

async function run(): Promise<void> {
  const progress = (text: string) => process.stderr.write(`${styleText('dim', text)}\n`);
  const lines: Line[] = [];
  for (const name of options.only) {
    const startedAt = Date.now();
    try {
      lines.push(...(await measured(name, progress)));
    } catch (error) {
      // What was measured before and will be after is worth having.
      process.exitCode = 1;
      progress(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    progress(`${name} took ${Math.round((Date.now() - startedAt) / 1_000)} s`);
  }
  const run = describeRun();
  if (options.json) process.stdout.write(`${JSON.stringify({ run, lines }, null, 2)}\n`);
  else process.stdout.write(`${tableOf(lines)}\n`);
  if (options.write !== undefined) await writeTable(options.write, { run, lines });
}

/** Each measurement has servers of its own: none inherits what another left behind. */
async function measured(name: string, progress: Bench['progress']): Promise<Line[]> {
  const measure = measurements[name];
  if (measure === undefined) throw new Error(`There is no measurement ${name}`);
  progress(`Starting servers for ${name}`);
  const world = await startWorld();
  const generator = await startGenerator();
  try {
    return await measure({ world, generator, extent: options.extent, progress });
  } finally {
    generator.close();
    await world.close();
  }
}
