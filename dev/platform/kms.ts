import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { standInKey } from '../../platform/kms-endpoint.ts';
import { freePort } from './ports.ts';
import { startChild, untilReady, type Child } from './process.ts';

/** What the stand-in for Cloud KMS is started with. */
export interface KmsOptions {
  /** Holds its key and its log; made when missing. */
  readonly dir: string;
  /** The gRPC port; a free one unless given. */
  readonly port?: number;
  /** The path of a socket to serve on instead of a port. */
  readonly socket?: string;
  readonly pidFile?: string;
}

/** A stand-in for Cloud KMS that answers. */
export interface RunningKms extends Child {
  /** For KMS_ENDPOINT. */
  readonly endpoint: string;
  /** For KMS_KEY. */
  readonly keyName: string;
  /** Where its faults are set: see `dev/kms/control.ts`. */
  readonly controlUrl: string;
}

/**
 * Starts the stand-in for Cloud KMS on 127.0.0.1 or a socket and waits until it can sign. The first start in a
 * folder makes its key, which takes seconds.
 * @throws Error when it does not come up.
 */
export async function startKms(options: KmsOptions): Promise<RunningKms> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  const { socket } = options;
  const port = String(options.port ?? (await freePort()));
  const controlPort = String(await freePort());
  const place = socket === undefined ? ['--port', port] : ['--socket', socket];
  const child = await startChild({
    name: 'kms',
    command: process.execPath,
    args: [
      fileURLToPath(new URL('../kms/main.ts', import.meta.url)),
      ...['--folder', join(options.dir, 'keys'), '--control-port', controlPort, ...place],
    ],
    logFile: join(options.dir, 'kms.log'),
    ...(options.pidFile === undefined ? {} : { pidFile: options.pidFile }),
  });
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  await untilReady(child, () => isReady(controlUrl));
  const endpoint = socket === undefined ? `127.0.0.1:${port}` : `unix:${socket}`;
  return { ...child, endpoint, keyName: standInKey, controlUrl };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
