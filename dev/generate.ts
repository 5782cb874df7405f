/**
 * Makes the generated files: `data/schema.ts` from a freshly migrated database, `openapi.json` from the
 * operations, the client's types from that, the dashboard from its panels. With `--check` it changes nothing and fails when one of
 * them is not what it would make.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { createOpenApiDocument } from '../api/openapi.ts';
import { migrateToLatest } from '../data/migrate.ts';
import { createDashboard } from '../ops/grafana/dashboard.ts';
import { removePostgresFolder } from './platform/postgres-folder.ts';
import { startPostgres } from './platform/postgres.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);
const publicUrl = 'http://127.0.0.1:8080';

/** Each generated file, and its text as it must be. */
const made = {
  'data/schema.ts': await rowTypes(),
  'openapi.json': `${JSON.stringify(createOpenApiDocument(publicUrl), null, 2)}\n`,
  'client/generated/api.ts': await clientTypes(),
  'ops/grafana/dashboards/leasehold.json': `${JSON.stringify(createDashboard(), null, 2)}\n`,
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [file, text] of Object.entries(made)) {
  const present = await readFile(join(root, file), 'utf8').catch(() => '');
  if (present === text) continue;
  stale.push(file);
  if (!isCheck) await writeFile(join(root, file), text);
}
if (isCheck && stale.length > 0) {
  console.error(`Not up to date: ${stale.join(', ')}. Run: npm run generate`);
  process.exitCode = 1;
} else {
  console.log(
    stale.length === 0 ? 'All generated files are up to date.' : `Made ${stale.join(', ')}.`,
  );
}

async function rowTypes(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-generate-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  try {
    await migrateToLatest(postgres.url);
    const outFile = join(folder, 'schema.ts');
    const codegen = join(root, 'node_modules/kysely-codegen/dist/cli/bin.js');
    const config = join(root, '.kysely-codegenrc.json');
    const options = ['--config-file', config, '--out-file', outFile, '--log-level', 'error'];
    await run(process.execPath, [codegen, '--url', postgres.url, ...options], { cwd: root });
    return await readFile(outFile, 'utf8');
  } finally {
    await postgres.stop();
    await removePostgresFolder(join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  }
}

async function clientTypes(): Promise<string> {
  const document = JSON.stringify(createOpenApiDocument(publicUrl));
  const types = astToString(await openapiTypescript(document));
  return `/** Generated from openapi.json by npm run generate. Do not edit. */\n\n${types}`;
}
