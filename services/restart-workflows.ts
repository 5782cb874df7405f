/**
 * Open sessions whose workflow is not there: their message could never be delivered, Temporal lost its
 * data, somebody terminated the run, or Postgres came back from a backup older than the session's end.
 *
 * What decides is the row and the very workflow. A list of workflows follows events with a delay, so
 * it would call new sessions lost; a description of one workflow is exact. Whoever is described as not
 * running, after no message to it was on its way, while its row is still open, has been lost: a workflow
 * ends only after its row. To describe each session each minute would be the largest load on Temporal,
 * so a sweep looks at a share of them, each session once in as many sweeps as there are shares.
 */
import { enqueueMessages, listAwaited } from '../data/outbox.ts';
import { lockOpenSessions, type SessionRecord } from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import type { PoolRef } from '../domain/seat.ts';
import { sessionWorkflowId } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { requireLicense } from './read-license.ts';
import { tenureMessage } from './session-message.ts';
import { settlingMs } from './sweep-seats.ts';
import { tallyOf, type Tally } from './sweep-tally.ts';

/** Asks for one workflow; rejects when it cannot be known, and then it is not called lost. */
export type IsRunning = (workflowId: string) => Promise<boolean>;

/** Whose workflows a sweep looks for: those sessions whose turn it is, of `shares` turns. */
export interface WorkflowLook {
  isRunning: IsRunning;
  shares: number;
  turn: number;
}

/** Descriptions under way at a time. */
const looksAtOnce = 16;

/** Starts again, through the outbox, the workflows that this share of a pool's open sessions has lost. */
export async function restartLostWorkflows(
  deps: Deps,
  pool: PoolRef,
  { open, look }: { open: readonly SessionRecord[]; look: WorkflowLook | undefined },
): Promise<Tally> {
  if (look === undefined) return tallyOf('workflow_lost', 0);
  const settled = open.filter(
    ({ id, createdAt }) =>
      Date.now() - createdAt.getTime() > settlingMs && shareOf(id, look.shares) === look.turn,
  );
  const lost = await findLost(deps, pool, { rows: settled, look });
  if (lost.length === 0) return tallyOf('workflow_lost', 0);
  const restarted = await askForRestart(deps, pool, lost);
  deps.log.warn({ ...pool, count: restarted }, 'Lost workflows are started again');
  return tallyOf('workflow_lost', restarted);
}

async function findLost(
  deps: Deps,
  { tenantId }: PoolRef,
  { rows, look }: { rows: readonly SessionRecord[]; look: WorkflowLook },
): Promise<string[]> {
  if (rows.length === 0) return [];
  const idOf = ({ id }: SessionRecord) => sessionWorkflowId(tenantId, id);
  const awaited = await withTenant(deps.db, tenantId, (tx) => listAwaited(tx, rows.map(idOf)));
  const asked = rows.filter((row) => !awaited.has(idOf(row)));
  const lost: string[] = [];
  for (let start = 0; start < asked.length; start += looksAtOnce) {
    const batch = asked.slice(start, start + looksAtOnce);
    const looks = await Promise.allSettled(batch.map((row) => look.isRunning(idOf(row))));
    const isLost = looks.map((one) => one.status === 'fulfilled' && !one.value);
    lost.push(...batch.filter((_, n) => isLost[n]).map(({ id }) => id));
    // Temporal is not answering: what was not asked for has another turn.
    if (looks.every(({ status }) => status === 'rejected')) break;
  }
  return lost;
}

/** @returns how many were still open. */
async function askForRestart(
  deps: Deps,
  pool: PoolRef,
  sessionIds: readonly string[],
): Promise<number> {
  const { tenantId } = pool;
  return withTenant(deps.db, tenantId, async (tx) => {
    const rows = await lockOpenSessions(tx, tenantId, sessionIds);
    const { productId } = await requireLicense(tx, pool);
    const messages = rows.map((row) => {
      const status = row.status === 'queued' ? 'queued' : 'active';
      // It looks in Redis at once, since nobody knows how long it was away.
      const message = tenureMessage(tenantId, { ...row, productId }, { status, until: Date.now() });
      return { ...message, start: { ...message.start, restart: true as const } };
    });
    await enqueueMessages(tx, messages);
    return rows.length;
  });
}

/** Ids end in 80 random bits. */
function shareOf(sessionId: string, shares: number): number {
  return parseInt(sessionId.slice(-6), 36) % shares;
}
