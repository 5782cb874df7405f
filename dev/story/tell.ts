/**
 * The main job's story, told on the running server: five copies of a program get the five seats of a
 * license, a sixth waits and sees its place, one copy is killed, its lease lapses on time and its seat
 * goes to the sixth, all leave cleanly.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { connectTemporal } from '../../platform/temporal.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import { createOperator, type Operator } from '../operator.ts';
import type { Stack } from '../stack.ts';
import { runCopy, type Copy } from './run-copy.ts';

/** One step: a word for programs, a sentence for people, and what it is about. */
export interface Step {
  step:
    | 'begun'
    | 'granted'
    | 'queued'
    | 'killed'
    | 'lapsed'
    | 'handed-over'
    | 'released'
    | 'ended'
    | 'followed';
  text: string;
  copy?: string;
  sessionId?: string;
  position?: number;
  licenseId?: string;
  /** Seconds since the step that this one answers. */
  afterSeconds?: number;
}

export type Tell = (step: Step) => void;

const seats = 5;
const names = ['Copy 1', 'Copy 2', 'Copy 3', 'Copy 4', 'Copy 5'];
/** A lapse may be noticed this much after the lease: the sweep of a session's workflow. */
const lapseSlackMs = 5_000;
const demoLeaseMs = 15_000;

const licenseSchema = z.object({ seats: z.object({ used: z.int(), queued: z.int() }) });
const historySchema = z.object({ items: z.array(z.object({ at: z.string(), event: z.string() })) });

/**
 * Tells the story, step by step.
 *
 * @throws Error when a step does not happen as it must.
 */
export async function tellStory(stack: Stack, tell: Tell): Promise<void> {
  const operator = createOperator(stack.apiUrl, stack.operatorKey);
  const license = await chooseLicense(stack, operator);
  const run = randomBytes(3).toString('hex');
  const copies: Copy[] = [];
  const start = (name: string) => {
    const instanceKey = `${name.toLowerCase().replace(' ', '-')}-${run}`;
    const { apiUrl, demo } = stack;
    const copy = runCopy({ name, apiUrl, product: demo.product, instanceKey, ...license });
    copies.push(copy);
    return copy;
  };
  tell({ step: 'begun', text: `A license with ${seats} seats.`, licenseId: license.licenseId });
  try {
    const holders = await grantAll(names.map(start), tell);
    const sixth = await queueOne(start('Copy 6'), tell);
    const handedTo = await killAndHandOver({ holders, sixth, operator, stack, tell });
    await releaseAll([...holders.slice(0, 1), ...holders.slice(2), { copy: sixth }], tell);
    await confirmAllFree(operator, stack, license.licenseId);
    tell({ step: 'ended', text: 'All seats are free again.', licenseId: license.licenseId });
    await confirmFollowed(stack, [...holders.map(({ sessionId }) => sessionId), handedTo]);
    const followed = `Each session has its workflow: ${workflowsUrl(stack, license.licenseId)}`;
    tell({ step: 'followed', text: followed, licenseId: license.licenseId });
  } finally {
    await Promise.all(copies.map((copy) => copy.kill()));
  }
}

interface Holding {
  copy: Copy;
  sessionId: string;
}

/** The demo license, or, while somebody uses it, a new one like it: nobody's seats are disturbed. */
async function chooseLicense(
  { demo }: Stack,
  operator: Operator,
): Promise<{ licenseId: string; licenseKey: string }> {
  const path = `/v1/licenses/${demo.licenseId}`;
  const { seats: open } = await operator.get(path, licenseSchema, demo.tenantId);
  if (open.used + open.queued === 0) return demo;
  const { license, licenseKey } = await operator.issueLicense(demo.tenantId, {
    productId: demo.productId,
    planId: demo.demoPlanId,
    seats,
  });
  return { licenseId: license.id, licenseKey };
}

async function grantAll(copies: Copy[], tell: Tell): Promise<Holding[]> {
  return Promise.all(
    copies.map(async (copy) => {
      const { sessionId } = await copy.heard('granted');
      tell({ step: 'granted', text: `${copy.name} has a seat.`, copy: copy.name, sessionId });
      return { copy, sessionId };
    }),
  );
}

async function queueOne(copy: Copy, tell: Tell): Promise<Copy> {
  const { position } = await copy.heard('queued');
  const text = `${copy.name} finds no seat free and waits in place ${position}.`;
  tell({ step: 'queued', text, copy: copy.name, position });
  return copy;
}

/** @returns the session that got the seat. */
async function killAndHandOver({
  holders,
  sixth,
  operator,
  stack,
  tell,
}: {
  holders: Holding[];
  sixth: Copy;
  operator: Operator;
  stack: Stack;
  tell: Tell;
}): Promise<string> {
  const [, victim] = holders;
  if (victim === undefined) throw new Error('There is no copy to kill');
  const { copy, sessionId } = victim;
  const killedAt = performance.now();
  await copy.kill();
  const killed = `${copy.name} is killed; its seat is kept until its lease is over.`;
  tell({ step: 'killed', text: killed, copy: copy.name, sessionId });

  const granted = await sixth.heard('granted');
  const afterSeconds = Math.round((performance.now() - killedAt) / 100) / 10;
  await untilHistoryHas(operator, stack, { sessionId, event: 'lease.lapsed' });
  const lapsed = `The lease of ${copy.name} lapsed: no heartbeat came for 15 s.`;
  tell({ step: 'lapsed', text: lapsed, copy: copy.name, sessionId, afterSeconds });
  tell({
    step: 'handed-over',
    text: `${sixth.name} has the seat, ${afterSeconds} s after the kill.`,
    copy: sixth.name,
    sessionId: granted.sessionId,
    afterSeconds,
  });
  if (afterSeconds * 1_000 > demoLeaseMs + lapseSlackMs) {
    throw new Error(`The seat was handed over only ${afterSeconds} s after the kill`);
  }
  return granted.sessionId;
}

async function releaseAll(holders: { copy: Copy }[], tell: Tell): Promise<void> {
  await Promise.all(
    holders.map(async ({ copy }) => {
      await Promise.all([copy.stop(), copy.heard('released')]);
      tell({ step: 'released', text: `${copy.name} gave its seat back.`, copy: copy.name });
    }),
  );
}

async function confirmAllFree(operator: Operator, stack: Stack, licenseId: string): Promise<void> {
  const path = `/v1/licenses/${licenseId}`;
  const { seats: open } = await operator.get(path, licenseSchema, stack.demo.tenantId);
  if (open.used + open.queued > 0) {
    throw new Error(`${open.used} seats are held and ${open.queued} wait although all have left`);
  }
}

/** Each of the sessions has a workflow, and it completed. */
async function confirmFollowed(stack: Stack, sessionIds: string[]): Promise<void> {
  const { client, close } = connectTemporal({
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
  });
  const hasCompleted = async (sessionId: string) => {
    const handle = client.workflow.getHandle(sessionWorkflowId(stack.demo.tenantId, sessionId));
    // A session whose message is still on its way has no workflow yet.
    const found = await handle.describe().catch(() => null);
    return found?.status.name === 'COMPLETED';
  };
  try {
    for (let tries = 0; tries < 100; tries += 1) {
      const completed = await Promise.all(sessionIds.map(hasCompleted));
      if (completed.every(Boolean)) return;
      await delay(200);
    }
    throw new Error('Not every session has a workflow that completed');
  } finally {
    await close();
  }
}

function workflowsUrl({ temporalUiUrl }: Stack, licenseId: string): string {
  const query = encodeURIComponent(`LicenseId="${licenseId}"`);
  return `${temporalUiUrl}/namespaces/default/workflows?query=${query}`;
}

async function untilHistoryHas(
  operator: Operator,
  stack: Stack,
  { sessionId, event }: { sessionId: string; event: string },
): Promise<void> {
  const path = `/v1/sessions/${sessionId}/history`;
  for (let tries = 0; tries < 50; tries += 1) {
    const { items } = await operator.get(path, historySchema, stack.demo.tenantId);
    if (items.some((item) => item.event === event)) return;
    await delay(200);
  }
  throw new Error(`The history of ${sessionId} does not show ${event}`);
}
