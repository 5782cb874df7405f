import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { freePort, preferredOrFreePort } from '../../dev/platform/ports.ts';

async function listenOn(port: number): Promise<void> {
  const server: Server = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
}

test('hands out a port that can be listened on, and none twice', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, freePort));
  await Promise.all(ports.map(listenOn));
  expect(new Set(ports).size).toBe(20);
});

test('falls back to a free port when the preferred one is taken', async () => {
  const taken = await freePort();
  await listenOn(taken);
  const port = await preferredOrFreePort(taken);
  expect(port).not.toBe(taken);
  await listenOn(port);
});
