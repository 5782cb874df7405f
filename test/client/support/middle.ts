/** Whoever stands between a program and its server: reads, changes and replays what they say. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from './serve.ts';

export type Told = Partial<Record<string, unknown>>;

/** A request on its way; what is changed in it is sent on. */
export interface Passing {
  method: string;
  path: string;
  headers: Record<string, string>;
}

export interface Middle extends AsyncDisposable {
  url: string;
}

/**
 * Passes on what it hears.
 *
 * @param meet changes a request before it is sent on.
 * @param tell what is told in place of an answer; a status as well, where it has one.
 */
export async function startMiddle(
  target: string,
  meet: (request: Passing) => void = () => undefined,
  tell: (answer: Told, request: Passing) => Told = (answer) => answer,
): Promise<Middle> {
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const { method = 'GET', url: path = '' } = incoming;
    const body = await text(incoming);
    const { authorization = '' } = incoming.headers;
    const nonce = incoming.headers['leasehold-nonce'];
    const headers = {
      ...{ authorization, 'content-type': 'application/json' },
      ...(typeof nonce === 'string' ? { 'leasehold-nonce': nonce } : {}),
    };
    const request: Passing = { method, path, headers };
    meet(request);
    const answered = await fetch(`${target}${path}`, {
      ...{ method, headers: request.headers },
      ...(body === '' ? {} : { body }),
    });
    outgoing.statusCode = answered.status;
    outgoing.setHeader('content-type', answered.headers.get('content-type') ?? 'text/plain');
    const told = await answered.text();
    outgoing.end(told === '' ? '' : JSON.stringify(tell(JSON.parse(told) as Told, request)));
  };
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  return serve(server);
}
