import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { operations } from '../../api/routes.ts';
import { requestTo, startTestApi, testEnvironment } from '../support/api.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { givenWorld, requestFor } from '../support/every-operation.ts';
import { startTestRedis } from '../support/redis.ts';

const database = await cloneDatabase();
const redis = await startTestRedis();
const environment = testEnvironment(database, redis);
const helper = await startTestApi({ database, redis, environment });

/** The API as a process of its own, that writes all that it can. */
const child = spawn(process.execPath, ['api/main.ts'], {
  env: { ...environment, LOG_LEVEL: 'trace', NODE_NO_WARNINGS: '1' },
  stdio: ['ignore', 'pipe', 'pipe'],
});
let written = '';
child.stdout.on('data', (data: Buffer) => (written += data.toString()));
child.stderr.on('data', (data: Buffer) => (written += data.toString()));
// Not exit: what it wrote last may still be on its way then.
const exited = once(child, 'close') as Promise<[number | null]>;
afterAll(() => child.kill('SIGKILL'));

interface Line {
  level?: string;
  msg?: string;
  port?: number;
  requestId?: string;
  req?: { method: string; path: string };
  res?: { status: number };
}
const lines = () =>
  written
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

test('no credential of any kind is ever logged, whatever happens to it', async () => {
  const { port } = await eventually(
    () => lines().find(({ msg }) => msg === 'API is listening') ?? false,
    { withinMs: 20_000 },
  );
  const request = requestTo(`http://127.0.0.1:${String(port)}`);
  const world = await givenWorld(helper);
  const secrets = new Set<string>(secretsOf(environment));
  for (const operation of operations) {
    const own = await givenWorld(helper);
    const { method, path, ...how } = requestFor(operation, own);
    for (const key of [own.license.licenseKey, own.session.credential, own.apiKey])
      secrets.add(key);
    const answer = await request(method, path, how);
    collectSecrets(answer.body, secrets);
    // Where secrets have no business: broken bodies, unknown members, queries, paths, other headers.
    const [bearer] = secrets;
    const body = method === 'GET' ? undefined : `{"licenseKey":"${own.license.licenseKey}", "x":`;
    await request(method, path, { ...how, body });
    await request(method, path, {
      ...how,
      body: method === 'GET' ? undefined : { secret: bearer },
    });
    await request(method, `${path}?key=${own.apiKey}`, how);
    await request(method, `/v1/${own.apiKey.slice(0, 3)}`, {
      ...how,
      headers: { cookie: own.apiKey },
    });
    await request(method, path, { ...how, authorization: `Basic ${own.session.credential}` });
  }
  await redis.kill();
  await request('POST', '/v1/sessions', requestFor(required('acquireSession'), world));
  await request('POST', `/v1/sessions/${world.session.id}/heartbeat`, {
    authorization: `Bearer ${world.session.credential}`,
  });
  child.kill('SIGTERM');
  expect((await exited)[0]).toBe(0);

  secrets.add(helper.operatorKey);
  expect(secrets.size).toBeGreaterThan(3 * operations.length);
  for (const secret of secrets) {
    const found = written.indexOf(secret);
    expect(found, written.slice(Math.max(0, found - 300), found + 80)).toBe(-1);
  }
  expect(written).not.toMatch(/authorization"\s*:\s*"(?!\[)/i);
});

test('each request is one line of JSON with its id, its path without the query and its status', () => {
  const requests = lines().filter(({ req, res }) => req !== undefined && res !== undefined);
  expect(requests.length).toBeGreaterThan(5 * operations.length);
  for (const { requestId, req, res } of requests) {
    expect(requestId).toMatch(/^req_/);
    expect(req?.path).not.toContain('?');
    expect(res?.status).toBeGreaterThan(199);
  }
});

test('its last words are that it has stopped', () => {
  expect(lines().at(-1)).toMatchObject({ msg: 'API has stopped' });
});

function required(id: string) {
  const operation = operations.find((candidate) => candidate.id === id);
  if (operation === undefined) throw new Error(`There is no operation ${id}`);
  return operation;
}

/** The passwords and secrets of the environment. */
function secretsOf(env: Record<string, string>): string[] {
  const passwords = Object.values(env)
    .filter((value) => value.includes('://'))
    .map((value) => new URL(value).password)
    .filter((password) => password !== '');
  const keys = (env['SESSION_CREDENTIAL_SECRETS'] ?? '')
    .split(',')
    .map((pair) => pair.split(':')[1]);
  return [...passwords, ...keys.filter((key) => key !== undefined)];
}

/** Whatever an answer shows once. */
function collectSecrets(body: unknown, secrets: Set<string>): void {
  if (typeof body !== 'object' || body === null) return;
  for (const name of ['licenseKey', 'secret', 'credential']) {
    const value = (body as Record<string, unknown>)[name];
    if (typeof value === 'string') secrets.add(value);
  }
}
