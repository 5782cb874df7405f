import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll } from 'vitest';

/** A TCP proxy before a store, so that a test can take the store away from one process. */
export interface Proxy {
  readonly port: number;
  /** Breaks every connection and refuses new ones until `mend`. */
  cut(): void;
  mend(): void;
  /** The present connections stay open and carry nothing more; new ones are as ever. */
  freeze(): void;
  /**
   * Lets what clients send pass, and breaks a connection when the store answers a message that holds
   * `text`: the store has acted, and the client cannot know.
   */
  loseAnswersTo(text: string): void;
  /** As `loseAnswersTo`, but the connection stays, and nothing ever comes over it again. */
  withholdAnswersTo(text: string): void;
}

/** Starts a proxy and stops it after the file's last test. */
export async function startProxy(target: { host: string; port: number }): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let fatal: { text: string; breaks: boolean } | null = null;
  const server = createServer((client) => {
    if (isCut) {
      client.resetAndDestroy();
      return;
    }
    const store = connect(target);
    const pair = [client, store] as const;
    pairs.add(pair);
    let isDoomed = false;
    client.on('data', (data) => {
      isDoomed ||= fatal !== null && data.includes(fatal.text);
      store.write(data);
    });
    store.on('data', (data) => {
      if (!isDoomed) client.write(data);
      else if (fatal?.breaks !== false) breakPair(pair);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {
        breakPair(pair);
      });
      socket.on('close', () => {
        breakPair(pair);
      });
    }
  });

  function breakPair(pair: readonly [Socket, Socket]): void {
    pairs.delete(pair);
    for (const socket of pair) socket.destroy();
  }

  function cut(): void {
    isCut = true;
    for (const pair of pairs) breakPair(pair);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    mend() {
      isCut = false;
      fatal = null;
    },
    freeze() {
      for (const pair of pairs) for (const socket of pair) socket.pause();
    },
    loseAnswersTo(text) {
      fatal = { text, breaks: true };
    },
    withholdAnswersTo(text) {
      fatal = { text, breaks: false };
    },
  };
}

/** The same connection string by way of the proxy. */
export function throughProxy(url: string, { port }: Proxy): string {
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return through.href;
}

/** Where a connection string leads. */
export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
