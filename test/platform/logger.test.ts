import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { connectRedis } from '../../platform/redis.ts';
import { testEnvironment } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { startTestRedis } from '../support/redis.ts';

const database = await cloneDatabase();
const redis = await startTestRedis();

test('a password that Redis or Postgres refuses is not in the log', async () => {
  const owner = connectRedis({ url: redis.url, name: 'test', onError: () => undefined });
  await owner.config('SET', 'requirepass', 'the-right-one');
  const wrong = 'the-password-before-this-one';
  const system = new URL(database.systemUrl);
  system.password = wrong;
  const child = spawn(process.execPath, ['api/main.ts'], {
    env: {
      ...testEnvironment(database, redis),
      ...{ LOG_LEVEL: 'trace', NODE_NO_WARNINGS: '1', SYSTEM_DATABASE_URL: system.href },
      REDIS_URL: redis.url.replace('redis://', `redis://:${wrong}@`),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => (written += data.toString()));
  }
  try {
    // It says what is wrong, so that it can be put right.
    await eventually(() => written.includes('WRONGPASS'), { withinMs: 20_000 });
  } finally {
    child.kill('SIGKILL');
    await closed;
    owner.disconnect();
  }
  expect(written).toContain('A store is not answering');
  expect(written).not.toContain(wrong);
});
