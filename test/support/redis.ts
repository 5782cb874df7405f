import { mkdtemp } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { freePort } from '../../dev/platform/ports.ts';
import { startRedis } from '../../dev/platform/redis.ts';

/** A Redis of the calling file's own; its address stays the same through restarts. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Starts it again, after stopping it cleanly if it runs; a durable one finds its data again. */
  restart(): Promise<void>;
  /** SIGKILL. It stays away until `restart`. */
  kill(): Promise<void>;
  /** FLUSHALL: every key is gone, the server and its run id stay. */
  flush(): Promise<void>;
}

/**
 * Starts a Redis and stops it after the file's last test. Call it at the top level of a file, or in
 * `describe`: it registers an `afterAll`.
 */
export async function startTestRedis(options: { durable?: boolean } = {}): Promise<TestRedis> {
  const dir = await mkdtemp(join(inject('scratchFolder'), 'redis-'));
  const port = await freePort();
  const start = () => startRedis({ dir, port, durable: options.durable ?? false });
  let server = await start();
  afterAll(() => server.stop());
  return {
    url: server.url,
    port,
    restart: async () => {
      await server.stop();
      server = await start();
    },
    kill: () => server.kill(),
    flush: () => flushAll(port),
  };
}

function flushAll(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('error', reject);
    socket.once('connect', () => socket.write('FLUSHALL\r\n'));
    socket.once('data', (data) => {
      socket.destroy();
      if (data.toString().startsWith('+OK')) resolve();
      else reject(new Error(`FLUSHALL answered ${data.toString().trim()}`));
    });
  });
}
