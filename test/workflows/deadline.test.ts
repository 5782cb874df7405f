import { fileURLToPath } from 'node:url';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { DefaultLogger, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useTimeSkipping } from '../support/temporal.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { interrupt, move, type WaitInput, type WaitResult } from './deadline-workflow.ts';

quietTemporal();
const environment = await useTimeSkipping();
const taskQueue = 'deadlines';
const hour = 3_600_000;
/** The server's timers have a resolution of a second, and what a busy machine takes passes for its clock too. */
const toleranceMs = 20_000;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./deadline-workflow.ts', import.meta.url));
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') }),
  });
  const running = worker.run();
  stopWorker = () => {
    worker.shutdown();
    return running;
  };
});
afterAll(() => stopWorker());

describe('a deadline', () => {
  test('is reached at its time', async () => {
    const result = await (await wait({ inMs: hour })).result();
    expect(result).toMatchObject({ isReached: true, armedForMs: [hour] });
    expectClose(result.afterMs, hour);
  });

  test('that has passed already is reached at once', async () => {
    const result = await (await wait({ inMs: -hour })).result();
    expect(result).toMatchObject({ isReached: true, afterMs: 0, armedForMs: [] });
  });

  test('that is moved later twenty times is reached at the last, with one more timer', async () => {
    const waiting = await wait({ inMs: hour });
    for (let count = 1; count <= 20; count += 1) {
      await waiting.signal(move, { inMs: hour + count * 60_000 });
    }
    const result = await waiting.result();
    expect(result).toMatchObject({ isReached: true, armedForMs: [hour, hour + 20 * 60_000] });
    expectClose(result.afterMs, hour + 20 * 60_000);
  });

  test('that is moved earlier is not overslept', async () => {
    const waiting = await wait({ inMs: 10 * hour });
    await environment.sleep(hour);
    await waiting.signal(move, { inMs: 2 * hour });
    const result = await waiting.result();
    expect(result).toMatchObject({ isReached: true, armedForMs: [10 * hour, 2 * hour] });
    expectClose(result.afterMs, 2 * hour);
  });

  test('that is moved into the past is reached at once', async () => {
    const waiting = await wait({ inMs: 10 * hour });
    await waiting.signal(move, { inMs: -1 });
    const result = await waiting.result();
    expect(result).toMatchObject({ isReached: true });
    expectClose(result.afterMs, 0);
  });

  test('is not reached when something else ends the wait first', async () => {
    const waiting = await wait({ inMs: 10 * hour });
    await environment.sleep(hour);
    await waiting.signal(interrupt);
    const result = await waiting.result();
    expect(result).toMatchObject({ isReached: false });
    expectClose(result.afterMs, hour);
  });

  test("follows the tenant's clock, however far that is from the world's", async () => {
    const waiting = await wait({ inMs: hour, clockOffsetMs: 400 * 24 * hour });
    await waiting.signal(move, { inMs: 3 * hour });
    expectClose((await waiting.result()).afterMs, 3 * hour);
  });
});

type Waiting = WorkflowHandleWithFirstExecutionRunId<(input: WaitInput) => Promise<WaitResult>>;

/** Starts a workflow and returns once it waits. */
async function wait(input: WaitInput): Promise<Waiting> {
  const waiting: Waiting = await environment.client.workflow.start('waitForDeadline', {
    taskQueue,
    workflowId: `deadline/${crypto.randomUUID()}`,
    args: [input],
  });
  const firstTask = async () =>
    (await waiting.fetchHistory()).events?.some(
      (event) => event.workflowTaskCompletedEventAttributes,
    );
  await expect.poll(firstTask).toBe(true);
  return waiting;
}

function expectClose(actualMs: number, expectedMs: number): void {
  expect(Math.abs(actualMs - expectedMs)).toBeLessThan(toleranceMs);
}
