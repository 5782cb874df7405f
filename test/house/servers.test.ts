import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { cloneDatabase } from '../support/database.ts';
import { startTestRedis } from '../support/redis.ts';
import { redisCommand } from './redis-command.ts';

describe('a cloned database', async () => {
  const first = await cloneDatabase();
  const second = await cloneDatabase();

  test.each([
    ['leasehold_admin', first.adminUrl],
    ['leasehold_app', first.appUrl],
    ['leasehold_system', first.systemUrl],
  ])('lets %s in', async (role, url) => {
    expect(await ask(url, 'select current_user as answer')).toBe(role);
  });

  test('is nobody else’s', async () => {
    await ask(first.adminUrl, 'create table mine ()');
    expect(await ask(second.adminUrl, `select to_regclass('mine') as answer`)).toBeNull();
  });
});

describe('a durable test Redis', async () => {
  const redis = await startTestRedis({ durable: true });

  test('finds its keys again after a restart, at the same address', async () => {
    await redisCommand(redis.port, 'SET kept yes');
    await redis.restart();
    expect(await redisCommand(redis.port, 'EXISTS kept')).toBe(':1');
  });

  test('is away after a kill until it is restarted', async () => {
    await redis.kill();
    await expect(redisCommand(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await redis.restart();
    expect(await redisCommand(redis.port, 'PING')).toBe('+PONG');
  });

  test('loses every key to a flush', async () => {
    await redisCommand(redis.port, 'SET kept yes');
    await redis.flush();
    expect(await redisCommand(redis.port, 'EXISTS kept')).toBe(':0');
  });

  test('refuses to evict, since an evicted seat would be granted twice', async () => {
    expect(await redisCommand(redis.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction');
  });
});

async function ask(url: string, text: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(text);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}
