import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, inject, test } from 'vitest';
import { freePort } from '../../dev/platform/ports.ts';
import { startTemporal, type RunningTemporal } from '../../dev/platform/temporal.ts';
import { messagesOf, openOutbox, relayDeps, whileRelaying } from './outbox-support.ts';

const outbox = await openOutbox();
const port = await freePort();
const deps = relayDeps(outbox, `127.0.0.1:${String(port)}`);
const dir = await mkdtemp(join(inject('scratchFolder'), 'temporal-'));
let temporal: RunningTemporal | null = null;
afterAll(() => temporal?.stop());

const start = async () => {
  temporal = await startTemporal({ dir, port, durable: true, uiPort: null });
};
const unsent = async () => (await outbox.rows()).filter(({ isSent }) => !isSent);
const haveAllFailed = async () => (await unsent()).every(({ lastError }) => lastError !== null);

test('messages wait while Temporal is away, and all arrive when it is back', async () => {
  const sessions = Array.from({ length: 10 }, () => messagesOf(outbox.tenantId));
  await outbox.enqueue(...sessions.map((session) => session.queued()));

  await whileRelaying(deps, async () => {
    await expect.poll(haveAllFailed, { timeout: 20_000 }).toBe(true);
    await start();
    await expect.poll(unsent, { timeout: 30_000 }).toEqual([]);

    await temporal?.stop();
    await outbox.enqueue(...sessions.map((session) => session.granted()));
    await expect.poll(haveAllFailed, { timeout: 20_000 }).toBe(true);
    await start();
    await expect.poll(unsent, { timeout: 30_000 }).toEqual([]);
  });

  expect((await outbox.rows()).filter(({ isDead }) => isDead)).toEqual([]);
  const status = await deps.client.workflow.getHandle(sessions[0]?.workflowId ?? '').describe();
  expect(status.status.name).toBe('RUNNING');
}, 90_000);
