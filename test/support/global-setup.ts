/**
 * The servers that every test file shares: one Postgres cluster that is never forced to disk, with
 * a migrated template to clone, one Temporal dev server, and one bundle of the workflows. Redis and
 * the time-skipping server belong to a file each: see `redis.ts` and `temporal.ts`.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { ensureLogins, migrateToLatest } from '../../data/migrate.ts';
import { sendSignal } from '../../dev/platform/pid-file.ts';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { stopInOrder } from '../../dev/platform/process.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';
import { cachedBundle } from '../../workers/bundle.ts';

/** What a test needs to reach the shared Postgres. */
export interface SharedPostgres {
  /** The superuser's connection string to the database `postgres`. */
  readonly adminUrl: string;
  /** The migrated database that `cloneDatabase` copies. */
  readonly template: string;
  /** The password of `leasehold_app` and `leasehold_system`. */
  readonly rolePassword: string;
}

/** The workflows as one script, or why they could not be built. */
export type WorkflowBuild =
  { readonly path: string; readonly fault: null } | { readonly path: null; readonly fault: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that is removed after the run. */
    scratchFolder: string;
    postgres: SharedPostgres;
    /** host:port of the Temporal dev server. */
    temporalAddress: string;
    workflows: WorkflowBuild;
  }
}

/** Vitest calls it once before all files; what it returns runs after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), 'leasehold-test-'));
  const [postgres, temporal, workflows] = await Promise.all([
    startPostgres({ dataDir: join(scratch, 'postgres'), durable: false }),
    startTemporal({ dir: join(scratch, 'temporal'), durable: false, uiPort: null }),
    buildWorkflows(),
  ]);
  project.provide('scratchFolder', scratch);
  project.provide('postgres', await makeTemplate(postgres.url));
  project.provide('temporalAddress', temporal.address);
  project.provide('workflows', workflows);
  const abandon = () => {
    for (const { pid } of [postgres, temporal]) sendSignal(pid, 'SIGKILL');
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  };
  // Ended by a signal, vitest exits without tearing anything down.
  process.once('exit', abandon);
  return async () => {
    await stopInOrder([[postgres, temporal]]);
    await removePostgresFolder(join(scratch, 'postgres'));
    await rm(scratch, { recursive: true, force: true });
    process.off('exit', abandon);
  };
}

async function makeTemplate(adminUrl: string): Promise<SharedPostgres> {
  const template = 'leasehold_template';
  const rolePassword = randomBytes(12).toString('hex');
  await query(adminUrl, `create database ${template}`);
  await migrateToLatest(databaseUrl(adminUrl, { database: template }));
  await ensureLogins(adminUrl, [
    { user: 'leasehold_app', role: 'leasehold_app', password: rolePassword },
    { user: 'leasehold_system', role: 'leasehold_system', password: rolePassword },
  ]);
  // A connection to the template would make every clone fail.
  await query(adminUrl, `alter database ${template} allow_connections false`);
  return { adminUrl, template, rolePassword };
}

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Built once for all runs that see the same sources; a fault is told to the tests that need it. */
async function buildWorkflows(): Promise<WorkflowBuild> {
  const folder = fileURLToPath(new URL('../../node_modules/.cache/leasehold', import.meta.url));
  try {
    return { path: await cachedBundle(folder), fault: null };
  } catch (error) {
    return { path: null, fault: String(error) };
  }
}
