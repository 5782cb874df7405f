/**
 * The servers that every test file shares: one Postgres cluster that is never forced to disk, with
 * a migrated template to clone, one Temporal dev server, and one bundle of the workflows. Redis and
 * the time-skipping server belong to a file each: see `redis.ts` and `temporal.ts`.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { TestProject } from 'vitest/node';
import { ensureLogins, migrateToLatest } from '../../data/migrate.ts';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { stopInOrder } from '../../dev/platform/process.ts';
import { startTemporal } from '../../dev/platform/temporal.ts';

/** What a test needs to reach the shared Postgres. */
export interface SharedPostgres {
  /** The superuser's connection string to the database `postgres`. */
  readonly adminUrl: string;
  /** The migrated database that `cloneDatabase` copies. */
  readonly template: string;
  /** The password of `leasehold_app` and `leasehold_system`. */
  readonly rolePassword: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder that is removed after the run. */
    scratchFolder: string;
    postgres: SharedPostgres;
    /** host:port of the Temporal dev server. */
    temporalAddress: string;
    /** The built workflows; null while there are none. */
    workflowBundlePath: string | null;
  }
}

/** Vitest calls it once before all files; what it returns runs after the last. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), 'leasehold-test-'));
  const [postgres, temporal, workflowBundlePath] = await Promise.all([
    startPostgres({ dataDir: join(scratch, 'postgres'), durable: false }),
    startTemporal({ dir: join(scratch, 'temporal'), durable: false, uiPort: null }),
    bundle(join(scratch, 'workflows.js')),
  ]);
  project.provide('scratchFolder', scratch);
  project.provide('postgres', await makeTemplate(postgres.url));
  project.provide('temporalAddress', temporal.address);
  project.provide('workflowBundlePath', workflowBundlePath);
  return async () => {
    await stopInOrder([[postgres, temporal]]);
    await removePostgresFolder(join(scratch, 'postgres'));
    await rm(scratch, { recursive: true, force: true });
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

async function bundle(path: string): Promise<string | null> {
  const bundler = new URL('../../workers/bundle.ts', import.meta.url);
  if (!existsSync(bundler)) return null;
  const { bundleWorkflows } = (await import(bundler.href)) as {
    bundleWorkflows: () => Promise<{ code: string }>;
  };
  await writeFile(path, (await bundleWorkflows()).code);
  return path;
}
