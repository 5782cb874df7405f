import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { openDatabase, pingDatabase } from '../../data/database.ts';
import { LicensingError } from '../../domain/errors.ts';
import { isOutage } from '../../platform/outage.ts';
import { connectRedis } from '../../platform/redis.ts';
import { cloneDatabase } from '../support/database.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';
import { startTestRedis } from '../support/redis.ts';

const redis = await startTestRedis();
const database = await cloneDatabase();
const toPostgres = await startProxy(addressOf(database.appUrl));
const toRedis = await startProxy({ host: '127.0.0.1', port: redis.port });
const silent = () => undefined;

/** What the work fails with. */
async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail');
}

describe('is an outage', () => {
  test('Postgres: a connection that breaks while it is used, and one that is refused', async () => {
    const url = throughProxy(database.appUrl, toPostgres);
    const db = openDatabase({ url, poolSize: 1, onError: silent });
    await pingDatabase(db);
    toPostgres.loseAnswersTo('select 1');
    expect(isOutage(await failureOf(pingDatabase(db)))).toBe(true);
    toPostgres.cut();
    expect(isOutage(await failureOf(pingDatabase(db)))).toBe(true);
    toPostgres.mend();
    await pingDatabase(db);
    await db.destroy();
  });

  test('Postgres: a session that is terminated, a statement or a lock that takes too long', async () => {
    const client = new Client({ connectionString: database.appUrl });
    client.on('error', silent);
    await client.connect();
    await client.query('set statement_timeout = 10');
    expect(isOutage(await failureOf(client.query('select pg_sleep(5)')))).toBe(true);
    await client.query('set statement_timeout = 0; set lock_timeout = 10');
    const other = new Client({ connectionString: database.adminUrl });
    await other.connect();
    await other.query('begin; lock table sessions');
    expect(isOutage(await failureOf(client.query('select * from sessions')))).toBe(true);
    await other.query('rollback');
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const sleeping = failureOf(client.query('select pg_sleep(5)'));
    await other.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    expect(isOutage(await sleeping)).toBe(true);
    await other.end();
  });

  test('Redis: a connection that breaks before the answer, and one that is refused', async () => {
    const store = connectRedis({
      url: throughProxy(redis.url, toRedis),
      name: 'test',
      onError: silent,
    });
    await store.ping();
    toRedis.loseAnswersTo('lost');
    expect(isOutage(await failureOf(store.get('lost')))).toBe(true);
    toRedis.cut();
    expect(isOutage(await failureOf(store.get('refused')))).toBe(true);
    store.disconnect();
    expect(isOutage(await failureOf(store.get('closed')))).toBe(true);
    toRedis.mend();
  });

  test('Redis: memory is full, or it only reads', async () => {
    const store = connectRedis({ url: redis.url, name: 'test', onError: silent });
    await store.config('SET', 'maxmemory', '1');
    expect(isOutage(await failureOf(store.set('key', 'value')))).toBe(true);
    await store.config('SET', 'maxmemory', '0');
    await store.replicaof('127.0.0.1', '1');
    expect(isOutage(await failureOf(store.set('key', 'value')))).toBe(true);
    await store.replicaof('NO', 'ONE');
    store.disconnect();
  });

  test('when it is the cause of another error', () => {
    const lost = Object.assign(new Error('x'), { code: 'ECONNRESET' });
    expect(isOutage(new LicensingError('internal', 'x', { cause: lost }))).toBe(true);
    expect(isOutage(new AggregateError([new Error('y'), lost]))).toBe(true);
  });
});

describe('is none', () => {
  test('what a caller or a programmer did wrong', async () => {
    const client = new Client({ connectionString: database.appUrl });
    await client.connect();
    for (const sql of ['select nothing', 'select 1 / 0', 'delete from tenants']) {
      expect(isOutage(await failureOf(client.query(sql))), sql).toBe(false);
    }
    await client.end();
    const store = connectRedis({ url: redis.url, name: 'test', onError: silent });
    expect(isOutage(await failureOf(store.eval('return nothing', 0)))).toBe(false);
    store.disconnect();
    for (const error of [new TypeError('x'), 'Connection terminated', null, undefined, {}]) {
      expect(isOutage(error)).toBe(false);
    }
  });

  test('an error that is its own cause', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(isOutage(error)).toBe(false);
  });
});
