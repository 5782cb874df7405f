import { once } from 'node:events';
import { lstatSync, rmSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';

/**
 * Removes the socket that a killed process left, so that the path can be bound again. One that a process
 * still listens on stays, and whatever else lies there.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return;
  const socket = connect(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    if (isRefused(error)) rmSync(path);
  } finally {
    socket.destroy();
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
}

/**
 * Resolves when the process behind the socket greets as HTTP/2 servers do, under gRPC too.
 * @throws Error when nobody does.
 */
export async function greet(path: string, withinMs: number): Promise<void> {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(path) });
  try {
    await once(session, 'remoteSettings', { signal: AbortSignal.timeout(withinMs) });
  } finally {
    session.destroy();
  }
}
