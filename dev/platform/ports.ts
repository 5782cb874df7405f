import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * Below the range that Linux hands out for outgoing connections, so that a port found free is not
 * taken by somebody's connection before the server that wants it has bound it.
 */
const lowestPort = 10_240;
const highestPort = 32_767;
const triesMax = 200;

const handedOut = new Set<number>();

/**
 * Finds a port on 127.0.0.1 that nobody listens on and that this process has not handed out before.
 * @throws Error after 200 taken ports.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = randomInt(lowestPort, highestPort + 1);
    if (!handedOut.has(port) && (await isFree(port))) return handOut(port);
  }
  throw new Error(`No free port was found on 127.0.0.1 in ${String(triesMax)} tries.`);
}

/**
 * The preferred port when it is free, else any free one: two checkouts run side by side.
 */
export async function preferredOrFreePort(preferred: number): Promise<number> {
  if (!handedOut.has(preferred) && (await isFree(preferred))) return handOut(preferred);
  return freePort();
}

/** Whether somebody accepts connections on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

function handOut(port: number): number {
  handedOut.add(port);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(false);
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      probe.close(() => {
        resolve(true);
      });
    });
  });
}
