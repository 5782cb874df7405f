import { access, chmod, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  postgresFolder,
  removePostgresFolder,
  superuserPassword,
} from '../../dev/platform/postgres-folder.ts';
import { postgresUser } from '../../dev/platform/postgres-user.ts';
import { startPostgres, type RunningPostgres } from '../../dev/platform/postgres.ts';

const isRoot = process.getuid?.() === 0;
let dataDir = '';

beforeEach(async () => {
  const home = await mkdtemp(join(inject('scratchFolder'), 'home-'));
  await chmod(home, 0o700);
  dataDir = join(home, 'postgres');
});

async function start(durable: boolean): Promise<RunningPostgres> {
  const server = await startPostgres({ dataDir, durable });
  onTestFinished(async () => {
    await server.stop();
    await removePostgresFolder(dataDir);
  });
  return server;
}

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.map((row) => row['answer']);
  } finally {
    await client.end();
  }
}

describe('below a home that only its owner may enter', () => {
  test('it starts, keeps its rows through a crash, and lets nobody in without the password', async () => {
    const server = await start(true);
    await ask(server.url, `create table kept as select 'yes' as answer`);
    await server.kill();
    const again = await start(true);
    expect(await ask(again.url, 'select answer from kept')).toEqual(['yes']);
    const stranger = new URL(again.url);
    stranger.password = 'guess';
    await expect(ask(stranger.href, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('removing it leaves nothing, wherever the cluster lives', async () => {
    const user = await postgresUser();
    const folder = await postgresFolder(dataDir, user);
    await superuserPassword(folder, user);
    await removePostgresFolder(dataDir);
    await expect(access(dataDir)).rejects.toThrow('ENOENT');
    await expect(access(folder.passwordFile)).rejects.toThrow('ENOENT');
  });

  test.runIf(isRoot)('root’s cluster moves to where Postgres’ user can reach it', async () => {
    const { cluster } = await postgresFolder(dataDir, await postgresUser());
    onTestFinished(() => removePostgresFolder(dataDir));
    expect(cluster).toMatch(/^\/var\/lib\/leasehold\//);
  });
});

test('only the owner may read the password', async () => {
  const user = await postgresUser();
  const folder = await postgresFolder(dataDir, user);
  onTestFinished(() => removePostgresFolder(dataDir));
  const password = await superuserPassword(folder, user);
  expect((await stat(folder.passwordFile)).mode & 0o777).toBe(0o600);
  expect(await superuserPassword(folder, user)).toBe(password);
});

test('refuses a cluster of another major version with a sentence that says what to do', async () => {
  const server = await start(false);
  const [cluster] = await ask(server.url, `select current_setting('data_directory') as answer`);
  await server.stop();
  await writeFile(join(String(cluster), 'PG_VERSION'), '9\n');
  await expect(start(false)).rejects.toThrow(
    /made by Postgres 9, this is \d+: npm start -- --reset/,
  );
});

test('is never forced to disk unless it is to be durable', async () => {
  const { url } = await start(false);
  expect(await ask(url, `select current_setting('fsync') as answer`)).toEqual(['off']);
});
