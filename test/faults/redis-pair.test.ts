import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startRedisPair } from './redis-pair.ts';

const pair = await startRedisPair(join(inject('scratchFolder'), 'redis-pair'));
await pair.synced();
afterAll(() => pair.stop());

test('a full disk stops the writes of a primary that began as a copy, and they go on when there is room', async () => {
  // What was copied is long, in a dump too, and what is appended since is short.
  await pair.primary().store.set('long', randomBytes(5_000_000));
  const old = pair.primary();
  await old.kill();
  await pair.promote();
  await old.revive();
  await pair.synced();
  await pair.primary().store.bgrewriteaof();
  await eventually(async () => {
    const info = await pair.primary().store.info('persistence');
    expect(info).toContain('aof_rewrite_in_progress:0');
    expect(info).toContain('aof_rewrite_scheduled:0');
  });

  const makeRoom = await pair.fillDisk();
  const { store } = pair.primary();
  await eventually(() => expect(store.set('key', 'x'.repeat(1_000))).rejects.toThrow(/MISCONF/));
  await makeRoom();
  await eventually(() => store.set('key', 'value'));
});
