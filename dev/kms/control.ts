import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { faultsSchema } from './faults.ts';
import { versionStates } from './key-store.ts';
import type { ServedKms } from './server.ts';

const stateSchema = z.strictObject({ state: z.enum(versionStates) });
const bodyBytesMax = 10_000;

/**
 * The door by which whoever tries things out changes the stand-in while it runs, on 127.0.0.1 alone:
 *
 * - `GET /` tells faults and versions;
 * - `GET /audit-log` tells every signature, as Cloud Logging would;
 * - `PUT /faults` replaces all faults, as `faults.ts` describes them;
 * - `PUT /versions/<number>` with `{"state": "DISABLED"}` puts a version into any state.
 *
 * Bodies must say that they are JSON, which a page in a browser may not without being allowed to.
 */
export async function openControlDoor(kms: ServedKms, port: number): Promise<number> {
  const server = createServer((request, response) => {
    void answer(kms, request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(`${JSON.stringify(body)}\n`);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function answer(kms: ServedKms, request: IncomingMessage) {
  const { method = '', url = '' } = request;
  const asked = `${method} ${url}`;
  if (asked === 'GET /') return { status: 200, body: describe(kms) };
  if (asked === 'GET /audit-log') return { status: 200, body: kms.auditLog() };
  const version = kms.store.find(Number(/^PUT \/versions\/(\d+)$/.exec(asked)?.[1]));
  if (asked !== 'PUT /faults' && version === undefined) return refuse(404, 'Not found');
  if (request.headers['content-type'] !== 'application/json') return refuse(415, 'Send JSON');
  try {
    const body = await readJson(request);
    if (version === undefined) kms.faults.set(faultsSchema.parse(body));
    else kms.store.setState(version, stateSchema.parse(body).state);
    return { status: 200, body: describe(kms) };
  } catch (error) {
    return refuse(422, error instanceof z.ZodError ? z.prettifyError(error) : String(error));
  }
}

function describe({ endpoint, keyName, faults, store }: ServedKms) {
  return { endpoint, keyName, faults: faults.present(), versions: store.list() };
}

function refuse(status: number, fault: string) {
  return { status, body: { fault } };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > bodyBytesMax) throw new Error('The body is too long');
  }
  return JSON.parse(text);
}
