/** The HTTP server: nobody may hold a connection without using it, and a stop loses no request. */
import { createServer, type RequestListener, type Server } from 'node:http';

/** What one connection may take, in milliseconds, and how many there may be. */
export const httpLimits = {
  /** Until all headers have come. */
  headersMs: 10_000,
  /** Until the whole request has come. An answer may take longer: a waiter is told after 25 s. */
  requestMs: 30_000,
  /** Idle between two requests. */
  keepAliveMs: 5_000,
  /** Without a byte in either direction. */
  silenceMs: 60_000,
  /** How often the first two are looked for. */
  lookMs: 2_000,
  connectionsMax: 20_000,
};

export function createHttpServer(listener: RequestListener, limits = httpLimits): Server {
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.lookMs,
    },
    listener,
  );
  server.maxConnections = limits.connectionsMax;
  return server.setTimeout(limits.silenceMs);
}

export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

/** How often connections that became idle are looked for while the server drains. */
const drainLookMs = 50;

/** New connections are refused, idle ones closed as they become so, and what runs is waited for. */
export async function drain(server: Server, atMostMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const look = setInterval(() => {
    server.closeIdleConnections();
  }, drainLookMs);
  const giveUp = setTimeout(() => {
    server.closeAllConnections();
  }, atMostMs);
  await closed;
  clearInterval(look);
  clearTimeout(giveUp);
}
