/** All that a Temporal namespace keeps of its workflows, and whether it holds something. */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** One run, as it is shown and as it was recorded. */
export interface RecordedRun {
  workflowId: string;
  type: string;
  /** Each text and each payload that is kept of it, decoded as far as they can be. */
  kept: readonly Buffer[];
}

/** Every run of every workflow, those of Schedules included. */
export async function readNamespace(client: Client): Promise<RecordedRun[]> {
  const runs: RecordedRun[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    runs.push(await readRun(client, { workflowId, runId, type }));
  }
  for await (const { scheduleId } of client.schedule.list()) {
    const workflowId = `temporal-sys-scheduler:${scheduleId}`;
    runs.push(await readRun(client, { workflowId, type: 'Schedule' }));
  }
  return runs;
}

async function readRun(
  client: Client,
  { workflowId, runId, type }: { workflowId: string; runId?: string; type: string },
): Promise<RecordedRun> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const history = await handle.fetchHistory();
  const { raw } = await handle.describe();
  const kept = [Buffer.from(historyToJSON(history)), ...leavesOf(history), ...leavesOf(raw)];
  return { workflowId, type, kept: kept.flatMap((bytes) => [bytes, ...decoded(bytes)]) };
}

/** The texts and byte strings inside a message of Temporal: a payload is one of them. */
function leavesOf(value: unknown): Buffer[] {
  if (typeof value === 'string') return [Buffer.from(value)];
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [Buffer.from(name), ...leavesOf(inner)]);
}

/** What looks like base64 inside, decoded. */
function decoded(bytes: Buffer): Buffer[] {
  const words = bytes.toString('latin1').match(/[\w+/-]{16,}={0,2}/g) ?? [];
  return words.map((word) => Buffer.from(word, 'base64'));
}

/** The workflows that keep a secret, as it is or in a form from which anybody makes it again. */
export function keepersOf(secret: string | Buffer, runs: readonly RecordedRun[]): string[] {
  const forms = formsOf(secret);
  const keep = ({ kept }: RecordedRun) =>
    kept.some((bytes) => forms.some((form) => bytes.includes(form)));
  return runs.filter(keep).map(({ workflowId }) => workflowId);
}

function formsOf(secret: string | Buffer): Buffer[] {
  const bytes = Buffer.from(secret as Buffer);
  const hex = bytes.toString('hex');
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  const texts = [hex, hex.toUpperCase(), base64, bytes.toString('base64url'), bytes.join(',')];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}
