import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire between the client and the real server that a test can break. */
export interface FaultyNetwork extends AsyncDisposable {
  url: string;
  /** Every connection breaks, and new ones break at once. */
  cut: () => void;
  /** Nothing passes any more, and nobody is told. */
  freeze: () => void;
  heal: () => void;
  /** From now on connections end at another server. */
  reroute: (port: number) => void;
}

export async function startFaultyNetwork(server: { port: number }): Promise<FaultyNetwork> {
  let { port: farPort } = server;
  let mode: 'open' | 'cut' | 'frozen' = 'open';
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const listener = createServer((near) => {
    track(near);
    if (mode === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(farPort, '127.0.0.1');
    track(far);
    near.on('data', (data) => mode === 'frozen' || far.write(data));
    far.on('data', (data) => mode === 'frozen' || near.write(data));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const { port } = listener.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cut() {
      mode = 'cut';
      breakAll();
    },
    freeze() {
      mode = 'frozen';
    },
    heal() {
      mode = 'open';
      breakAll();
    },
    reroute(to) {
      farPort = to;
      breakAll();
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      breakAll();
      await once(listener, 'close');
    },
  };
}
