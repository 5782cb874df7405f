/** The commands of docs/operations.md that back a ledger up and bring it back, as they stand there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, expect, inject, test } from 'vitest';
import { readMarkdown } from '../../dev/docs/markdown.ts';
import { databaseUrl, startPostgres } from '../../dev/platform/postgres.ts';
import { startTestApi, testEnvironment } from '../support/api.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { acquire, givenLicense, heartbeat, readLicense } from '../support/given.ts';
import { startTestRedis } from '../support/redis.ts';
import { root } from './compose-file.ts';

const [backUp = '', restore = ''] = await documentedCommands();
const server = await serverMajor();
const hasDump = ['pg_dump', 'pg_restore'].every((name) => majorOf(name) >= server);
const reason = `no pg_dump and pg_restore ${String(server)} or newer`;

test('the manual has two blocks of commands: one that dumps, one that restores', () => {
  expect(backUp).toContain('pg_dump');
  expect(restore).toContain('pg_restore');
});

test.runIf(hasDump)(
  'what they dump they bring back on a new server, rights and open sessions included',
  async () => {
    const redis = await startTestRedis();
    const ledger = await cloneDatabase();
    const environment = {
      SESSION_CREDENTIAL_SECRETS: `k1:${randomBytes(32).toString('base64url')}`,
    };
    const old = await startTestApi({ database: ledger, redis, environment });
    const license = await givenLicense(old, { seats: 3 });
    const session = await acquire(license);
    const folder = await mkdtemp(join(inject('scratchFolder'), 'dump-'));
    const run = (commands: string, database: TestDatabase) => {
      const text = commands.replaceAll('leasehold.dump', join(folder, 'leasehold.dump'));
      const env = { ...process.env, ...testEnvironment(database, redis) };
      const owner = { OWNER_DATABASE_URL: database.adminUrl };
      execFileSync('sh', ['-euc', text], { cwd: root, env: { ...env, ...owner }, stdio: 'pipe' });
    };
    run(backUp, ledger);
    await old.close();

    const target = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
    afterAll(() => target.kill());
    const restored = await emptyDatabase(target.url);
    run(restore, restored);
    await redis.flush();

    const api = await startTestApi({ database: restored, redis, environment });
    const here = { ...session, license: { ...license, api } };
    await eventually(() => heartbeat(here));
    expect((await readLicense(here.license)).seats).toMatchObject({ used: 1, limit: 3 });
    expect((await acquire(here.license)).session.status).toBe('active');
  },
  90_000,
);

test.skipIf(hasDump)(`${reason} on the path: the commands are not tried out`, () => undefined);

async function documentedCommands(): Promise<string[]> {
  const text = await readFile(join(root, 'docs/operations.md'), 'utf8');
  const { headings, fences } = readMarkdown(text);
  const section = headings.findIndex(({ anchor }) => anchor === 'back-up-and-restore');
  const from = headings[section]?.line ?? Infinity;
  const to = headings[section + 1]?.line ?? Infinity;
  return fences.filter(({ line }) => line > from && line < to).map((fence) => fence.text);
}

async function serverMajor(): Promise<number> {
  const client = new Client({ connectionString: inject('postgres').adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string }>(
      `select current_setting('server_version_num') as version`,
    );
    return Math.floor(Number(rows[0]?.version) / 10_000);
  } finally {
    await client.end();
  }
}

/** Of a program on the path; 0 when it is not there. */
function majorOf(program: string): number {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
}

/** A database without anything on a server that never had any of ours; its logins are still to come. */
async function emptyDatabase(url: string): Promise<TestDatabase> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('create database leasehold');
  } finally {
    await client.end();
  }
  const database = 'leasehold';
  const as = (name: string) => databaseUrl(url, { database, role: { name, password: 'own' } });
  return {
    adminUrl: databaseUrl(url, { database }),
    appUrl: as('leasehold_app'),
    systemUrl: as('leasehold_system'),
  };
}
