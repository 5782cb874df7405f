import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * What ails a link.
 * - `latency`: every piece arrives later by this much, in order.
 * - `stall`: half open: connections stand and nothing passes. Those are broken in the end.
 * - `cut`: connections are broken and new ones refused.
 */
export type Ailment = { kind: 'latency'; ms: number } | { kind: 'stall' } | { kind: 'cut' };

/** A TCP proxy between two parts of the server, or before it. */
export interface Link {
  readonly port: number;
  /** Breaks every connection; new ones go to these ports, in turn, past those that refuse. */
  lead: (ports: readonly number[]) => void;
  ail: (ailment: Ailment) => void;
  /** Breaks every connection once. */
  reset: () => void;
  mend: () => void;
  close: () => void;
}

interface Pair {
  client: Socket;
  target: Socket | null;
}

/** Listens on a free port of 127.0.0.1 and leads to the given ones. */
export async function openLink(ports: readonly number[]): Promise<Link> {
  const pairs = new Set<Pair>();
  const present: { ports: readonly number[]; ailment: Ailment | null; turn: number } = {
    ports,
    ailment: null,
    turn: 0,
  };
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (present.ailment?.kind === 'cut') client.resetAndDestroy();
    else join(client, present.ports.length);
  });

  function join(client: Socket, tries: number, pair: Pair = { client, target: null }): void {
    pairs.add(pair);
    const port = present.ports[(present.turn += 1) % present.ports.length] ?? 0;
    const target = connect(port, '127.0.0.1');
    pair.target = target;
    let isJoined = false;
    target.on('error', () => {
      if (!isJoined && tries > 1 && !client.destroyed) join(client, tries - 1, pair);
      else breakPair(pair);
    });
    target.once('connect', () => {
      isJoined = true;
      for (const [from, to] of [
        [client, target],
        [target, client],
      ] as const) {
        from.setNoDelay(true);
        from.on('data', passOn(to));
        from.on('close', () => breakPair(pair));
      }
    });
  }

  /** In order, whatever becomes of the latency meanwhile: two timers due at a time may fire in either order. */
  function passOn(to: Socket): (data: Buffer) => void {
    const onTheWay: { data: Buffer; due: number }[] = [];
    const deliver = () => {
      const now = performance.now();
      for (let [next] = onTheWay; next !== undefined && next.due <= now; [next] = onTheWay) {
        onTheWay.shift();
        if (to.writable) to.write(next.data);
      }
      const [next] = onTheWay;
      if (next !== undefined) setTimeout(deliver, next.due - now);
    };
    return (data) => {
      if (present.ailment?.kind === 'stall') return;
      const lateMs = present.ailment?.kind === 'latency' ? present.ailment.ms : 0;
      onTheWay.push({ data, due: performance.now() + lateMs });
      if (onTheWay.length === 1) deliver();
    };
  }

  function breakPair(pair: Pair): void {
    pairs.delete(pair);
    if (!pair.client.destroyed) pair.client.resetAndDestroy();
    pair.target?.destroy();
  }

  function reset(): void {
    for (const pair of pairs) breakPair(pair);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    reset,
    lead(next) {
      present.ports = next;
      reset();
    },
    ail(ailment) {
      present.ailment = ailment;
      if (ailment.kind === 'cut') reset();
    },
    mend() {
      // What a stalled connection swallowed is missing in it for good.
      if (present.ailment?.kind === 'stall') reset();
      present.ailment = null;
    },
    close() {
      reset();
      server.close();
    },
  };
}
