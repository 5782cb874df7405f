import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, expect, test } from 'vitest';
import { createHttpLogger } from '../../platform/http-logger.ts';
import { eventually } from '../support/eventually.ts';

interface Line {
  level: number;
  requestId: string;
  req: { method: string; path: string };
  res: { status: number };
}

/** A server that answers the status that the query names, and what it logged. */
async function startServer(level: 'info' | 'debug') {
  const lines: Line[] = [];
  const log = pino({ level }, { write: (line) => lines.push(JSON.parse(line) as Line) });
  const logRequest = createHttpLogger(log);
  const server = createServer((request, response) => {
    logRequest(request, response, () => {
      response.statusCode = Number(request.url?.split('?')[1] ?? 200);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`);
    return answer.headers.get('x-request-id');
  };
  return { lines, ask };
}

const frequent = ['/v1/sessions', '/v1/sessions/ses_1', '/v1/sessions/ses_1/heartbeat'];

test('what clients do all day logs nothing until it fails, and has an id all the same', async () => {
  const { lines, ask } = await startServer('info');
  for (const path of [...frequent, '/v1/licenses/validate', '/health/live']) {
    expect(await ask(path)).toMatch(/^req_\w{26}$/);
    const failed = await ask(`${path}?503`);
    const line = await eventually(() => lines.at(-1) ?? false);
    expect(line).toMatchObject({
      level: 40,
      requestId: failed,
      req: { path },
      res: { status: 503 },
    });
    lines.length = 0;
  }
});

test('administration logs a line for each request', async () => {
  const { lines, ask } = await startServer('info');
  const path = '/v1/sessions/ses_1/force-release';
  const id = await ask(path);
  const line = await eventually(() => lines.at(-1) ?? false);
  expect(line).toMatchObject({ level: 30, requestId: id, req: { method: 'GET', path } });
});

test('at level debug everything logs a line', async () => {
  const { lines, ask } = await startServer('debug');
  for (const path of frequent) {
    const requestId = await ask(path);
    const line = await eventually(
      () => lines.find((each) => each.requestId === requestId) ?? false,
    );
    expect(line).toMatchObject({ level: 20, req: { path }, res: { status: 200 } });
  }
});
