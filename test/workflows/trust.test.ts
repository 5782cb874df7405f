import { Worker } from '@temporalio/worker';
import { afterAll, expect, test } from 'vitest';
import { createTrustActivities } from '../../activities/trust.ts';
import { findNewestList } from '../../data/revocation-lists.ts';
import { listRoots } from '../../data/roots.ts';
import { newId } from '../../platform/ids.ts';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { revokeKey } from '../../services/revocations.ts';
import { runOutboxRelay } from '../../workers/outbox-relay.ts';
import { trustStartOptions } from '../../workers/trust-start.ts';
import { changedSignal, type trustWorkflowIds } from '../../workflows/contract.ts';
import { eventually } from '../support/eventually.ts';
import { startOwnTemporal } from '../support/own-temporal.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { givenDelegateRow } from '../support/signing-rows.ts';
import { workflowBundle } from '../support/temporal.ts';
import { openTrustWorld } from '../support/trust-world.ts';

quietTemporal();
const world = await openTrustWorld();
const { deps, kms } = world;
const config = await startOwnTemporal();
const { client, close } = connectTemporal(config);
const connection = await connectTemporalWorker(config);
const taskQueue = `trust-${crypto.randomUUID()}`;
const worker = await Worker.create({
  ...{ connection, taskQueue, workflowBundle: workflowBundle() },
  activities: createTrustActivities(deps),
});
const running = worker.run();
const stopping = new AbortController();
const relaying = runOutboxRelay({ ...deps, db: deps.systemDb, client, taskQueue }, stopping.signal);
afterAll(async () => {
  stopping.abort();
  worker.shutdown();
  await Promise.all([relaying, running]);
  await Promise.all([close(), connection.close()]);
});

const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;
const reason = 'Test';
const start = (type: keyof typeof trustWorkflowIds) =>
  client.workflow.start(type, trustStartOptions(type, taskQueue));
const statesNow = async () => (await listRoots(deps.db)).map(({ kid, state }) => `${kid} ${state}`);
const within = { withinMs: 20_000 };

test('a rotation takes every step that is due and says which, whoever starts it', async () => {
  kms.faults.set({ holdGeneration: true });
  const rotation = await start('rotateRoot');
  await eventually(() => kms.calls('createCryptoKeyVersion') === 1, within);
  kms.faults.set({});
  const { steps } = (await rotation.result()) as { steps: string[] };
  expect(steps.filter((step) => step !== 'wait')).toEqual(['list', 'create', 'publish', 'list']);
  expect(await statesNow()).toEqual(['root-1 active', 'root-2 published']);
  expect(await (await start('rotateRoot')).result()).toEqual({ steps: [] });
});

test('what is revoked is in a list, and replaced, as soon as its message arrives', async () => {
  const { seq } = (await (await start('publishRevocations')).result()) as { seq: number };
  expect((await statesNow())[0]).toBe('root-1 active');
  await revokeKey(deps, context, { kid: 'root-1', reason });
  await eventually(async () => (await statesNow())[1] === 'root-2 active', within);
  await eventually(async () => ((await findNewestList(deps.db))?.seq ?? 0) > seq, within);
  expect(await findNewestList(deps.db)).toMatchObject({ rootKid: 'root-2' });
});

test('what is revoked while KMS is away is in the list that it signs when it is back', async () => {
  const { seq } = (await (await start('publishRevocations')).result()) as { seq: number };
  kms.faults.set({ status: 'UNAVAILABLE' });
  const calls = kms.calls('asymmetricSign');
  const kids: string[] = [];
  for (const number of [1, 2]) {
    const kid = await givenDelegateRow(deps.systemDb, { rootKid: 'root-2', seq: number });
    kids.push(kid);
    await revokeKey(deps, context, { kid, reason });
    await eventually(() => kms.calls('asymmetricSign') > calls + number, within);
  }
  expect((await findNewestList(deps.db))?.seq).toBe(seq);
  kms.faults.set({});
  await eventually(async () => {
    const rows = await deps.systemDb
      .selectFrom('revocations')
      .select('listedIn')
      .where('subject', 'in', kids)
      .execute();
    return rows.every(({ listedIn }) => listedIn !== null);
  }, within);
});

test('a message that comes while a list is being made has another one made', async () => {
  const queue = `${taskQueue}-slow`;
  let lists = 0;
  const { promise: first, resolve: finish } = Promise.withResolvers<null>();
  const publishRevocations = async () => {
    lists += 1;
    if (lists === 1) await first;
    return { seq: lists, isNew: true };
  };
  const slow = await Worker.create({
    ...{ connection, taskQueue: queue, workflowBundle: workflowBundle() },
    activities: { publishRevocations },
  });
  await slow.runUntil(async () => {
    const options = { ...trustStartOptions('publishRevocations', queue), workflowId: queue };
    const publishing = await client.workflow.start('publishRevocations', options);
    await eventually(() => lists === 1, within);
    await publishing.signal(changedSignal, { eventId: newId('evt') });
    finish(null);
    expect(await publishing.result()).toEqual({ seq: 2 });
  });
});

test('a step that cannot be taken is given up for the one that the facts ask for by now', async () => {
  const queue = `${taskQueue}-stuck`;
  const taken: string[] = [];
  const root = { kid: 'root-1', version: 1, state: 'active', activeAt: Date.now(), listedAt: 1 };
  const next = { ...root, kid: 'root-2', version: 2, state: 'published', activeAt: null };
  const versions = [1, 2].map((version) => ({ version, state: 'ENABLED' }));
  const stuck = await Worker.create({
    ...{ connection, taskQueue: queue, workflowBundle: workflowBundle() },
    activities: {
      lookAtRoots: () =>
        Promise.resolve({
          ...{ roots: [root, next], versions },
          certifiedBy: taken.length === 0 ? 'root-0' : 'root-1',
        }),
      takeRotationStep({ step }: { step: string }) {
        taken.push(step);
        return Promise.reject(new Error('It cannot be taken'));
      },
    },
  });
  await stuck.runUntil(async () => {
    const options = { ...trustStartOptions('rotateRoot', queue), workflowId: queue };
    const rotation = await client.workflow.start('rotateRoot', options);
    expect(await rotation.result()).toEqual({ steps: ['wait'] });
  });
  expect(taken).toEqual(['certify', 'certify', 'certify']);
});
