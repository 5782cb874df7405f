/**
 * `npm start` as its user sees it: the story, a program that knows nothing but `stack.json`, an outage
 * of Temporal, the end, and the next start that goes on with the sessions intact.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { connectTemporal } from '../../platform/temporal.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import { eventually } from '../support/eventually.ts';

const state = join(inject('scratchFolder'), 'start');
const script = fileURLToPath(new URL('../../dev/start.ts', import.meta.url));

const stackSchema = z.object({
  apiUrl: z.url(),
  metricsUrl: z.url(),
  temporalUiUrl: z.url(),
  temporalAddress: z.string(),
  redisUrl: z.url(),
  databaseUrl: z.url(),
  dashboardUrl: z.null(),
  mailUrl: z.null(),
  stripeUrl: z.null(),
  operatorKey: z.string(),
  pids: z.object({
    api: z.int(),
    worker: z.int(),
    redis: z.int(),
    postgres: z.int(),
    temporal: z.int(),
    kms: z.int(),
  }),
  demo: z.object({
    tenantId: z.string(),
    tenantKey: z.string(),
    licenseId: z.string(),
    licenseKey: z.string(),
    product: z.string(),
  }),
});
type Stack = z.output<typeof stackSchema>;

interface Run {
  steps: { step: string; at: string }[];
  exited: Promise<unknown[]>;
  kill: (signal: NodeJS.Signals) => void;
}

function start(...args: string[]): Run {
  const child = spawn(process.execPath, [script, '--state', state, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const steps: Run['steps'] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    steps.push(JSON.parse(line) as Run['steps'][number]);
  });
  return { steps, exited: once(child, 'exit'), kill: (signal) => child.kill(signal) };
}

async function readStack(): Promise<Stack> {
  return stackSchema.parse(JSON.parse(await readFile(join(state, 'stack.json'), 'utf8')));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function listens(port: number): Promise<true> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  return true;
}

const sessionSchema = z.object({
  session: z.object({ id: z.string(), status: z.string() }),
  credential: z.string().optional(),
});

interface Held {
  httpStatus: number;
  id: string;
  credential: string;
  instanceKey: string;
}

/** A program that uses nothing but `stack.json` and HTTP. */
function programOf({ apiUrl, demo }: Stack) {
  const call = async (method: string, path: string, authorization: string, body?: object) => {
    const response = await fetch(apiUrl + path, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const own = (method: string, suffix: string, { id, credential }: Held, body?: object) =>
    call(method, `/v1/sessions/${id}${suffix}`, `Bearer ${credential}`, body);
  return {
    async acquire(instanceKey: string, wait = false): Promise<Held> {
      const { status, body } = await call('POST', '/v1/sessions', `License ${demo.licenseKey}`, {
        instanceKey,
        wait,
        product: demo.product,
        version: '1.0.0',
        usageType: 'builder',
        device: { fingerprint: 'plain-program' },
      });
      if (status >= 400) return { httpStatus: status, id: '', credential: '', instanceKey };
      const { session, credential = '' } = sessionSchema.parse(body);
      return { httpStatus: status, id: session.id, credential, instanceKey };
    },
    beat: async (held: Held) => (await own('POST', '/heartbeat', held, {})).status,
    wait: async (held: Held) =>
      sessionSchema.parse((await own('GET', '?wait=25', held)).body).session.status,
    release: async (held: Held) => (await own('DELETE', '', held)).status,
  };
}

describe('npm start', () => {
  let run: Run;
  let stack: Stack;
  let program: ReturnType<typeof programOf>;
  const told = () => run.steps.some(({ step }) => step === 'followed');

  beforeAll(async () => {
    run = start();
    await eventually(told, { withinMs: 110_000, everyMs: 200 });
    stack = await readStack();
    program = programOf(stack);
  }, 120_000);

  afterAll(async () => {
    run.kill('SIGTERM');
    await run.exited;
  }, 20_000);

  test('tells every step of the story as a JSON line', () => {
    const counts = (step: string) => run.steps.filter((line) => line.step === step).length;
    expect(counts('granted')).toBe(5);
    expect(counts('queued')).toBe(1);
    expect(run.steps.map(({ step }) => step).filter((step) => step !== 'granted')).toEqual([
      'begun',
      'queued',
      'killed',
      'lapsed',
      'handed-over',
      ...Array.from({ length: 5 }, () => 'released'),
      'ended',
      'followed',
    ]);
  });

  test('a program acquires, beats, queues, takes an offer and releases over plain HTTP', async () => {
    const held = await Promise.all([1, 2, 3, 4, 5].map((n) => program.acquire(`plain-${n}`)));
    expect(held.map(({ httpStatus }) => httpStatus)).toEqual([201, 201, 201, 201, 201]);
    expect((await program.acquire('plain-6')).httpStatus).toBe(409);
    const waiter = await program.acquire('plain-6', true);
    expect(waiter.httpStatus).toBe(202);
    const [first, ...others] = held as [Held, ...Held[]];
    expect(await program.beat(first)).toBe(200);

    const offered = program.wait(waiter);
    expect(await program.release(first)).toBe(204);
    expect(await offered).toBe('offered');
    const sixth = await program.acquire('plain-6');
    expect(sixth).toMatchObject({ httpStatus: 201, id: waiter.id });
    for (const session of [sixth, ...others]) expect(await program.release(session)).toBe(204);
    expect(await program.beat(first)).toBe(409);
  });

  test('seats come and go while Temporal is away, and each workflow appears afterwards', async () => {
    const { client, close } = connectTemporal({
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: 'default',
    });
    process.kill(stack.pids.temporal, 'SIGKILL');
    const held = await Promise.all([1, 2, 3, 4, 5].map((n) => program.acquire(`away-${n}`)));
    const waiter = await program.acquire('away-6', true);
    expect(await Promise.all(held.map(program.beat))).toEqual([200, 200, 200, 200, 200]);
    const sessions = [...held, waiter];
    for (const session of sessions) expect(await program.release(session)).toBe(204);

    // The stack starts Temporal again by itself.
    const result = ({ id }: Held) =>
      client.workflow.getHandle(sessionWorkflowId(stack.demo.tenantId, id)).result();
    for (const session of sessions) {
      const outcome = eventually(() => result(session), { withinMs: 45_000, everyMs: 500 });
      expect(await outcome).toEqual({ endReason: 'released' });
    }
    await close();
  }, 90_000);

  test('what it signs verifies with its keys, and its KMS is started again when it dies', async () => {
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', stack.apiUrl));
    const refuse = async () => {
      const answer = await fetch(`${stack.apiUrl}/v1/sessions/none`);
      return (await answer.json()) as { denial?: string; certificate?: string };
    };
    const { denial = '', certificate = '' } = await eventually(async () => {
      const answer = await refuse();
      return answer.denial !== undefined && answer;
    });
    await jwtVerify(certificate, keys, { typ: 'lic-delegate+jwt' });
    await jwtVerify(denial, keys, { typ: 'lic-denial+jwt', issuer: stack.apiUrl });

    const log = await readFile(join(state, 'kms', 'kms.log'), 'utf8');
    const port = Number(/^KMS_ENDPOINT=127\.0\.0\.1:(\d+)$/m.exec(log)?.[1]);
    process.kill(stack.pids.kms, 'SIGKILL');
    await eventually(() => !isAlive(stack.pids.kms));
    await eventually(() => listens(port), { withinMs: 30_000 });
    expect((await refuse()).denial).toBeDefined();
  }, 60_000);

  test('stops when told to, and the next start goes on with the sessions', async () => {
    const session = await program.acquire('resumed');
    run.kill('SIGINT');
    expect(await run.exited).toEqual([0, null]);

    run = start();
    await eventually(async () => (await fetch(`${(await readStack()).apiUrl}/health/ready`)).ok, {
      withinMs: 60_000,
      everyMs: 200,
    });
    const resumed = programOf(await readStack());
    expect(await eventually(async () => (await resumed.beat(session)) === 200)).toBe(true);
    expect(await resumed.acquire('resumed')).toMatchObject({ httpStatus: 200, id: session.id });
  }, 90_000);
});
