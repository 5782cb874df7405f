import { NativeConnection, Worker } from '@temporalio/worker';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { temporalAddress, workflowBundle } from '../support/temporal.ts';
import { messagesOf, openOutbox, relayDeps, uniqueId, whileRelaying } from './outbox-support.ts';

quietTemporal();
const outbox = await openOutbox();
const deps = relayDeps(outbox, temporalAddress());

test('a message for a run that completed counts as delivered', async () => {
  const session = messagesOf(outbox.tenantId);
  await completeRunOf(session);

  expect(await relayOnly(session.released())).toMatchObject({ isSent: true, isDead: false });
});

test('a message for a terminated run counts as delivered once the session has ended', async () => {
  const session = messagesOf(outbox.tenantId);
  await terminateRunOf(session);
  await insertSession(session.sessionId, { hasEnded: true });

  expect(await relayOnly(session.released())).toMatchObject({ isSent: true, isDead: false });
});

test('a message for a terminated run whose session goes on is dead and alarms', async () => {
  const session = messagesOf(outbox.tenantId);
  await terminateRunOf(session);
  await insertSession(session.sessionId, { hasEnded: false });

  expect(await relayOnly(session.granted())).toMatchObject({
    isSent: false,
    isDead: true,
    lastError: 'The workflow closed as TERMINATED; its session is open.',
  });
  expect(await deps.metrics.registry.getSingleMetricAsString('outbox_dead_total')).toMatch(/ 1$/m);
});

type Session = ReturnType<typeof messagesOf>;

async function relayOnly(message: ReturnType<Session['granted']>) {
  await outbox.enqueue(message);
  return whileRelaying(deps, async () => {
    const row = async () =>
      (await outbox.rows()).find(({ eventId }) => eventId === message.eventId);
    await expect.poll(async () => (await row())?.attempts).toBe(1);
    await expect.poll(async () => [(await row())?.isSent, (await row())?.isDead]).toContain(true);
    return row();
  });
}

async function startRunOf(session: Session): Promise<void> {
  const queued = session.queued();
  await outbox.enqueue(queued);
  await whileRelaying(deps, () =>
    expect
      .poll(async () =>
        (await outbox.rows()).some((row) => row.eventId === queued.eventId && row.isSent),
      )
      .toBe(true),
  );
}

async function terminateRunOf(session: Session): Promise<void> {
  await startRunOf(session);
  await deps.client.workflow.getHandle(session.workflowId).terminate();
}

/** The ledger knows no such session, so its workflow has nothing to do. */
async function completeRunOf(session: Session): Promise<void> {
  const connection = await NativeConnection.connect({ address: temporalAddress() });
  const worker = await Worker.create({
    connection,
    taskQueue: deps.taskQueue,
    workflowBundle: workflowBundle(),
    activities: { loadSession: () => Promise.resolve(null) },
  });
  await worker.runUntil(async () => {
    await startRunOf(session);
    await deps.client.workflow.getHandle(session.workflowId).result();
  });
  await connection.close();
}

const licenseId = uniqueId('lic');

beforeAll(async () => {
  const productId = uniqueId('prd');
  const planId = uniqueId('pln');
  await sql`insert into products (id, code, name) values (${productId}, 'p', 'P')`.execute(
    outbox.db,
  );
  await sql`insert into plans (id, product_id, code, name, policy)
    values (${planId}, ${productId}, 'p', 'P', '{}')`.execute(outbox.db);
  await sql`insert into licenses (id, tenant_id, product_id, plan_id, status, seats)
    values (${licenseId}, ${outbox.tenantId}, ${productId}, ${planId}, 'active', 5)`.execute(
    outbox.db,
  );
});

async function insertSession(id: string, { hasEnded }: { hasEnded: boolean }): Promise<void> {
  await sql`
    insert into sessions (id, tenant_id, license_id, instance_key, status, usage_type, product,
      version, device, ended_at, end_reason)
    values (${id}, ${outbox.tenantId}, ${licenseId}, ${id}, ${hasEnded ? 'ended' : 'queued'},
      'builder', 'p', '1.0.0', '{}', ${hasEnded ? sql`now()` : null}, ${hasEnded ? 'released' : null})`.execute(
    outbox.db,
  );
}

afterAll(() => sql`delete from outbox`.execute(outbox.db));
