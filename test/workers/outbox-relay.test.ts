import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { claimMessages, pruneSent } from '../../data/outbox.ts';
import { sql } from 'kysely';
import { deliverMessage } from '../../workers/deliver-message.ts';
import type { StepPoint } from '../../services/deps.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';
import { relayPoints } from '../support/relay-points.ts';
import { temporalAddress } from '../support/temporal.ts';
import { messagesOf, openOutbox, relayDeps, whileRelaying } from './outbox-support.ts';

const outbox = await openOutbox();
const deps = relayDeps(outbox, temporalAddress());

describe('the relay', () => {
  test("delivers a workflow's messages in the order in which they were enqueued", async () => {
    const sessions = Array.from({ length: 20 }, () => messagesOf(outbox.tenantId));
    const starts = sessions.map((session) => session.queued());
    const grants = sessions.map((session) => session.granted());
    const releases = sessions.map((session) => session.released());
    await outbox.enqueue(...starts, ...grants, ...releases);

    await whileRelaying(deps, untilAllSent);

    for (const [index, { workflowId }] of sessions.entries()) {
      expect(await signalsOf(deps.client, workflowId)).toEqual([
        grants[index]?.eventId,
        releases[index]?.eventId,
      ]);
    }
  });

  test('sends again what was sent but not marked, and what a dead relay had claimed', async () => {
    const session = messagesOf(outbox.tenantId);
    const granted = session.granted();
    await outbox.enqueue(granted);
    const [claimed] = await claimMessages(outbox.db, { limit: 1, claimMs: 300 });
    if (claimed === undefined) throw new Error('Nothing was claimed');
    expect(await deliverMessage(deps, claimed)).toEqual({ outcome: 'sent' });

    await whileRelaying(deps, untilAllSent);

    expect(await signalsOf(deps.client, session.workflowId)).toEqual([
      granted.eventId,
      granted.eventId,
    ]);
  });

  test('marks what it has sent although Postgres breaks its connections meanwhile', async () => {
    const session = messagesOf(outbox.tenantId);
    const granted = session.granted();
    await outbox.enqueue(granted);
    const proxy = await startProxy(addressOf(outbox.url));
    const db = openDatabase({
      url: throughProxy(outbox.url, proxy),
      poolSize: 4,
      onError: () => undefined,
    });
    let breaks = 0;
    const reached = (point: StepPoint) => {
      if (point !== 'relay:sent' || breaks > 0) return;
      breaks += 1;
      proxy.cut();
      proxy.mend();
    };
    await whileRelaying({ ...deps, db, reached }, untilAllSent);
    await db.destroy();
    expect(breaks).toBe(1);
    expect(await signalsOf(deps.client, session.workflowId)).toEqual([granted.eventId]);
  });

  test.each(relayPoints)(
    'that dies at %s delivers everything once it runs again',
    async (point) => {
      const session = messagesOf(outbox.tenantId);
      const [queued, granted, released] = [session.queued(), session.granted(), session.released()];
      await outbox.enqueue(queued, granted, released);
      let deaths = 0;
      const reached = (here: StepPoint) => {
        if (here !== point || deaths > 0) return;
        deaths += 1;
        throw new Error('The process died here');
      };
      await whileRelaying({ ...deps, reached }, async () => {
        await expect.poll(() => deaths).toBe(1);
        // What it had claimed is claimed for a while; that time passes.
        await sql`update outbox set claimed_until = now() where sent_at is null`.execute(outbox.db);
        await untilAllSent();
      });
      const arrived = await signalsOf(deps.client, session.workflowId);
      expect([...new Set(arrived)]).toEqual([granted.eventId, released.eventId]);
    },
  );

  test('leaves alone what another relay has claimed, and whatever comes behind it', async () => {
    const session = messagesOf(outbox.tenantId);
    await outbox.enqueue(session.queued(), session.granted());
    const claim = () => claimMessages(outbox.db, { limit: 10, claimMs: 60_000 });
    expect(await claim()).toHaveLength(1);
    expect(await claim()).toHaveLength(0);
    await sql`delete from outbox where sent_at is null`.execute(outbox.db);
  });

  test('sets aside what Temporal refuses for good, and goes on with what comes behind it', async () => {
    const session = messagesOf(outbox.tenantId);
    const queued = session.queued();
    const start = { ...queued.start, instanceKey: 'x'.repeat(3_000_000) };
    const tooLarge = { ...queued, start };
    const granted = session.granted();
    await outbox.enqueue(tooLarge, granted);

    await whileRelaying(deps, untilAllSettled);

    const rows = await outbox.rows();
    expect(rows.find(({ eventId }) => eventId === tooLarge.eventId)).toMatchObject({
      isDead: true,
      isSent: false,
      lastError: expect.stringMatching(/exceeds|larger/) as string,
    });
    expect(await signalsOf(deps.client, session.workflowId)).toEqual([granted.eventId]);
    expect(await deps.metrics.registry.getSingleMetricAsString('outbox_dead_total')).toMatch(
      / 1$/m,
    );
    await sql`delete from outbox where dead_at is not null`.execute(outbox.db);
  });

  test('forgets what was sent more than a day ago, a bounded number at a time', async () => {
    await sql`update outbox set sent_at = now() - interval '25 hours' where id in (
      select id from outbox where sent_at is not null order by id limit 5)`.execute(outbox.db);
    const before = (await outbox.rows()).length;
    const prune = () => pruneSent(outbox.db, { keepMs: 24 * 3_600_000, limit: 3 });
    expect([await prune(), await prune(), await prune()]).toEqual([3, 2, 0]);
    expect(await outbox.rows()).toHaveLength(before - 5);
  });
});

async function untilAllSent(): Promise<void> {
  await expect
    .poll(async () => (await outbox.rows()).filter(({ isSent }) => !isSent), { timeout: 20_000 })
    .toEqual([]);
}

async function untilAllSettled(): Promise<void> {
  await expect
    .poll(async () => (await outbox.rows()).filter((row) => !row.isSent && !row.isDead), {
      timeout: 20_000,
    })
    .toEqual([]);
}

/** The event ids of the signals in a workflow's history, in their order. */
async function signalsOf(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => {
    const payload = signal?.input?.payloads?.[0];
    if (payload === undefined) return [];
    return [defaultPayloadConverter.fromPayload<{ eventId: string }>(payload).eventId];
  });
}
