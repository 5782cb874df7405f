import { once } from 'node:events';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { changesChannel, poolName } from '../../lua/keys.ts';
import { createPoolChanges } from '../../lua/pool-changes.ts';
import { connectRedis } from '../../platform/redis.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';
import { startTestRedis } from '../support/redis.ts';

const server = await startTestRedis();
const proxy = await startProxy(addressOf(server.url));
const connect = (url: string) => connectRedis({ url, name: 'test', onError: () => undefined });
const subscriber = connect(throughProxy(server.url, proxy));
const publisher = connect(server.url);
afterAll(() => {
  subscriber.disconnect();
  publisher.disconnect();
});

test('a subscription that gets no answer after a reconnect ends no process, and comes again', async () => {
  const pool = { tenantId: 'ten_1', licenseId: 'lic_1' };
  const changes = await createPoolChanges(subscriber);
  // What rejects without anybody to hear of it would end the process.
  const unheard: unknown[] = [];
  const note = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  proxy.withholdAnswersTo('subscribe');
  subscriber.disconnect(true);
  await once(subscriber, 'ready');
  // Sent after the others, so given up after them.
  await expect(subscriber.subscribe('another')).rejects.toThrow('timed out');
  expect(unheard).toEqual([]);
  subscriber.disconnect(true);
  proxy.mend();
  const listener = changes.listen(pool);
  await eventually(async () => {
    expect(await publisher.publish(changesChannel, poolName(pool))).toBe(1);
  });
  const { signal } = new AbortController();
  await listener.next({ timeoutMs: 5_000, settleMs: 0, signal });
  listener.stop();
});
