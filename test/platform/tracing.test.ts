/** Traces from a request to the activity that it brought about, by real processes and a real protocol. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { prepareNamespace } from '../../platform/temporal-setup.ts';
import { searchAttributes } from '../../workflows/contract.ts';
import { startTestApi, testEnvironment } from '../support/api.ts';
import { startCollector, type CollectedSpan } from '../support/collector.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import {
  acquire,
  givenLicense,
  heartbeat,
  problemOf,
  release,
  tryAcquire,
} from '../support/given.ts';
import { startTestRedis } from '../support/redis.ts';
import { temporalAddress } from '../support/temporal.ts';

const collector = await startCollector();
const database = await cloneDatabase();
const redis = await startTestRedis();
const environment = {
  ...testEnvironment(database, redis),
  TEMPORAL_ADDRESS: temporalAddress(),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  // The worker makes Schedules: it gets a namespace of its own.
  TEMPORAL_NAMESPACE: `traced-${crypto.randomUUID()}`,
};
await prepareNamespace(environment, { searchAttributes });
const api = await startTestApi({ database, redis, environment });
const worker = spawn(
  process.execPath,
  [fileURLToPath(new URL('../../workers/main.ts', import.meta.url))],
  { stdio: 'ignore', env: { ...process.env, ...environment } },
);
const exited = once(worker, 'exit');
afterAll(async () => {
  worker.kill('SIGTERM');
  await exited;
});

const patience = { withinMs: 25_000, everyMs: 100 };

function spanOf(name: string, traceId?: string): CollectedSpan {
  const found = collector.spans.find(
    (span) => span.name === name && (traceId === undefined || span.traceId === traceId),
  );
  if (found === undefined) throw new Error(`No span ${name} among ${namesOf(collector.spans)}`);
  return found;
}

function namesOf(spans: readonly CollectedSpan[]): string {
  return spans.map((span) => span.name).join(', ');
}

test('one trace leads from an acquire through the outbox into its workflow and activities', async () => {
  const session = await acquire(await givenLicense(api));
  const request = await eventually(() => spanOf('acquireSession'), patience);
  const relayed = await eventually(() => spanOf('outboxRelay', request.traceId), patience);
  const started = await eventually(
    () => spanOf('SignalWithStartWorkflow:licenseSession', request.traceId),
    patience,
  );
  const looked = await eventually(
    () => spanOf('RunActivity:loadSession', request.traceId),
    patience,
  );
  expect(request).toMatchObject({ service: 'leasehold-api' });
  expect(relayed).toMatchObject({ service: 'leasehold-worker', parentSpanId: request.spanId });
  expect(started.parentSpanId).toBe(relayed.spanId);
  expect(looked.parentSpanId).toBe(started.spanId);

  await release(session);
  const released = await eventually(() => spanOf('releaseSession'), patience);
  expect(released.traceId).not.toBe(request.traceId);
  await eventually(() => spanOf('RunActivity:confirmRelease', released.traceId), patience);
}, 90_000);

test('heartbeats are not traced', async () => {
  const session = await acquire(await givenLicense(api));
  await heartbeat(session);
  await release(session);
  await eventually(
    () => collector.spans.filter(({ name }) => name === 'releaseSession').length > 1,
  );
  expect(namesOf(collector.spans)).not.toContain('renewSession');
});

test('a refusal names its trace', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await acquire(license);
  const { traceId = '' } = problemOf(await tryAcquire(license));
  expect(traceId).toMatch(/^[0-9a-f]{32}$/);
  await eventually(() => spanOf('acquireSession', traceId), patience);
});

test('a collector that refuses costs no request anything', async () => {
  collector.answer(500);
  const session = await acquire(await givenLicense(api));
  await release(session);
  collector.answer(200);
});
