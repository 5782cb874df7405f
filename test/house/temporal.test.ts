import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, inject, onTestFinished, test } from 'vitest';
import { freePort } from '../../dev/platform/ports.ts';
import { searchAttributes } from '../../workflows/contract.ts';
import { startTemporal, type RunningTemporal } from '../../dev/platform/temporal.ts';
import { temporalAddress, useTimeSkipping } from '../support/temporal.ts';

const timeSkipping = await useTimeSkipping();

async function connect(address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  onTestFinished(() => connection.close());
  return new Client({ connection });
}

test('the dev server knows our search attributes', async () => {
  const { connection } = await connect(temporalAddress());
  const listed = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
  expect(Object.keys(listed.customAttributes)).toEqual(
    expect.arrayContaining([...searchAttributes]),
  );
});

test('open workflows survive a restart of a durable server, also by a crash', async () => {
  const dir = await mkdtemp(join(inject('scratchFolder'), 'temporal-'));
  const uiPort = await freePort();
  const start = async (): Promise<RunningTemporal> => {
    const server = await startTemporal({ dir, durable: true, uiPort });
    onTestFinished(() => server.stop());
    return server;
  };
  const first = await start();
  const { workflow } = await connect(first.address);
  await workflow.start('sleeper', { workflowId: 'sleeper', taskQueue: 'nobody' });
  await first.kill();
  const second = await start();
  const described = (await connect(second.address)).workflow.getHandle('sleeper').describe();
  expect((await described).status.name).toBe('RUNNING');
  expect((await fetch(second.uiUrl ?? '')).status).toBe(200);
});

test('the test server skips four days at once', async () => {
  const fourDaysMs = 4 * 86_400_000;
  const before = await timeSkipping.currentTimeMs();
  await timeSkipping.sleep(fourDaysMs);
  expect((await timeSkipping.currentTimeMs()) - before).toBeGreaterThanOrEqual(fourDaysMs);
});
