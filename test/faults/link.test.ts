import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { openLink, type Link } from './link.ts';

let link: Link;
let echo: ReturnType<typeof createServer>;
const sockets = new Set<Socket>();

const portOf = (server: typeof echo) => (server.address() as AddressInfo).port;

/** A server that answers with its name and what it was told. */
async function startEcho(name: string): Promise<typeof echo> {
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    socket.on('data', (data) => socket.write(`${name}:${data.toString()}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

interface Client {
  say: (text: string) => void;
  heard: () => string;
  isClosed: () => boolean;
}

async function join(): Promise<Client> {
  const socket = connect(link.port, '127.0.0.1');
  sockets.add(socket);
  let heard = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => (heard += data.toString()));
  await Promise.race([
    once(socket, 'connect').catch(() => null),
    once(socket, 'close').catch(() => null),
  ]);
  return {
    say: (text) => socket.write(text),
    heard: () => heard,
    isClosed: () => socket.closed,
  };
}

beforeEach(async () => {
  echo = await startEcho('one');
  link = await openLink([portOf(echo)]);
});

afterEach(() => {
  link.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  echo.close();
});

test('what both ends say passes', async () => {
  const client = await join();
  client.say('hello');
  await eventually(() => client.heard() === 'one:hello');
});

test('a link that is late now and then keeps the order of many pieces', async () => {
  const client = await join();
  const said = Array.from({ length: 2_000 }, (_, nth) => `${nth};`);
  for (const [nth, text] of said.entries()) {
    if (nth % 50 === 0) link.ail({ kind: 'latency', ms: 5 });
    if (nth % 50 === 25) link.mend();
    client.say(text);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await eventually(() => client.heard().endsWith(String(said.at(-1))));
  expect(client.heard().replaceAll('one:', '')).toBe(said.join(''));
});

test('a late link keeps the order', async () => {
  const client = await join();
  link.ail({ kind: 'latency', ms: 30 });
  client.say('a');
  link.mend();
  client.say('b');
  await eventually(() => /a.*b/.test(client.heard()));
});

test('a stalled link swallows what is said, keeps connections, and breaks them in the end', async () => {
  const client = await join();
  client.say('before');
  await eventually(() => client.heard() !== '');
  link.ail({ kind: 'stall' });
  client.say('lost');
  const late = await join();
  late.say('lost too');
  expect([client.isClosed(), late.isClosed()]).toEqual([false, false]);
  link.mend();
  await eventually(() => client.isClosed() && late.isClosed());
  expect(client.heard() + late.heard()).toBe('one:before');
});

test('a cut link breaks connections and refuses new ones until it is mended', async () => {
  const client = await join();
  link.ail({ kind: 'cut' });
  await eventually(() => client.isClosed());
  const refused = await join();
  await eventually(() => refused.isClosed());
  link.mend();
  const again = await join();
  again.say('x');
  await eventually(() => again.heard() === 'one:x');
});

test('a link leads past who refuses, and elsewhere when it is told so', async () => {
  const other = await startEcho('two');
  const gone = await startEcho('gone');
  const gonePort = portOf(gone);
  await new Promise((resolve) => gone.close(resolve));
  const before = await join();
  link.lead([gonePort, portOf(other)]);
  await eventually(() => before.isClosed());
  for (let turn = 0; turn < 2; turn += 1) {
    const client = await join();
    client.say('x');
    await eventually(() => client.heard() === 'two:x');
  }
  other.close();
});
