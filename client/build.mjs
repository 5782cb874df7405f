/**
 * Builds what is published: dist/index.js and dist/cli.js, each with the pure modules of domain/ inside
 * and the npm packages left out, and with --types the declarations for TypeScript.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

if (process.argv.includes('--types')) rmSync(here('dist'), { recursive: true, force: true });
await build({
  entryPoints: { index: here('index.ts'), cli: here('cli/main.ts') },
  outdir: here('dist'),
  bundle: true,
  splitting: true,
  chunkNames: 'shared',
  packages: 'external',
  platform: 'node',
  format: 'esm',
  // The oldest Node that customers run.
  target: 'node20.4',
  logLevel: 'warning',
});
if (process.argv.includes('--types')) {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', here('tsconfig.types.json')], {
    stdio: 'inherit',
  });
}
