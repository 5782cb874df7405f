/**
 * Builds what is published: dist/index.js, dist/verify.js and dist/cli.js, with the pure modules of
 * domain/ and signing/tokens/ inside and the npm packages left out (so that a fix of one reaches a
 * program without a new version of this package), and with --types the declarations for TypeScript.
 */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

if (process.argv.includes('--types')) rmSync(here('dist'), { recursive: true, force: true });
await build({
  entryPoints: {
    index: here('index.ts'),
    verify: here('verify/index.ts'),
    cli: here('cli/main.ts'),
  },
  outdir: here('dist'),
  bundle: true,
  splitting: true,
  // Outside of a publication the parts of earlier builds stay: programs may have them open.
  chunkNames: 'shared-[hash]',
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
