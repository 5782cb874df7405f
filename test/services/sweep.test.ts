/** After any mixture of disagreements two sweeps bring the stores together, and a third finds nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { poolKeys } from '../../lua/keys.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import type { StepPoint } from '../../services/deps.ts';
import { reconcilePools } from '../../services/reconcile-pools.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { addTallies, emptyTally, type Tally } from '../../services/sweep-tally.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import { startTestApi } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  givenLicense,
  heartbeat,
  release,
  tryAcquire,
} from '../support/given.ts';
import { expectAgreement, readStores } from '../support/ledger.ts';
import { openLockConnections } from '../support/pool-lock.ts';
import { afterSettling, disagreements, seatWithoutRow } from './disagreements.ts';

const api = await startTestApi();
const { admin } = await openLockConnections(api);
/** Workflows that Temporal runs, and those whose first message it lost. */
const running = new Set<string>();
const lost = new Set<string>();
const workflows = {
  isRunning: (id: string) => Promise.resolve(running.has(id)),
  shares: 1,
  turn: 0,
};

/** A whole sweep, and the relay's part after it: what stands in the outbox is delivered. */
async function sweep(limit = 100): Promise<Tally> {
  let tally = emptyTally;
  let cursor: string | null = null;
  do {
    const page = await reconcilePools(api.deps, { cursor, limit, workflows });
    tally = addTallies(tally, page);
    cursor = page.cursor;
  } while (cursor !== null);
  await deliverOutbox();
  return tally;
}

/** A sweep whose process dies at the point in each pool that reaches it. */
async function sweepThatDies(point: StepPoint): Promise<void> {
  let deaths = 0;
  const reached = (at: StepPoint) => {
    if (at !== point) return;
    deaths += 1;
    throw new Error(`Died at ${at}`);
  };
  await reconcilePools({ ...api.deps, reached }, { cursor: null, limit: 100, workflows });
  expect(deaths).toBe(1);
}

async function deliverOutbox(): Promise<void> {
  const sent = await api.deps.systemDb
    .updateTable('outbox')
    .set({ sentAt: new Date() })
    .where('sentAt', 'is', null)
    .returning(['workflowId', 'startInput'])
    .execute();
  for (const { workflowId, startInput } of sent) {
    const isAgain = (startInput as { restart?: true }).restart === true;
    if (isAgain || !lost.has(workflowId)) running.add(workflowId);
  }
}

const kinds = Object.keys(disagreements) as (keyof typeof disagreements)[];

test('two sweeps repair any mixture of disagreements; the third finds none', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 8 }),
      async (mixture) => {
        const licenses = await Promise.all([
          givenLicense(api, { seats: 9 }),
          givenLicense(api, { seats: 9 }),
        ]);
        // An outdated pool grants nothing, and its kind of disagreement needs a grant.
        const isLast = (kind: string) => Number(kind === 'a pool of an older epoch');
        const order = mixture.toSorted((one, other) => isLast(one) - isLast(other));
        for (const [n, kind] of order.entries()) {
          const license = licenses[n % licenses.length] ?? licenses[0];
          await disagreements[kind]({ license, lost });
        }
        await deliverOutbox();
        for (const license of licenses) await afterSettling(license);
        await sweep();
        await sweep();
        expect((await sweep()).found).toEqual({});
        for (const license of licenses) {
          const { rows } = await readStores(license);
          // A pool that nobody holds a seat of may be away: the first who asks for one restores it.
          if (rows.some(({ endedAt }) => endedAt === null)) await expectAgreement(license);
          for (const { id, endedAt } of rows) {
            const workflowId = sessionWorkflowId(license.tenantId, id);
            expect(endedAt !== null || running.has(workflowId)).toBe(true);
          }
        }
      },
    ),
    { seed: 4, numRuns: 20, endOnFailure: true, examples: kinds.map((kind) => [[kind]]) },
  );
}, 120_000);

test.each<[keyof typeof disagreements, string]>([
  ['a row whose seat is gone', 'row_without_seat'],
  ['a waiter’s row whose place is gone', 'row_without_seat'],
  ['a seat whose row has ended', 'seat_without_row'],
  ['a place in the queue whose row has ended', 'seat_without_row'],
  ['a lapse that nobody noticed', 'unnoticed_lapse'],
  ['a drop that nobody acknowledged', 'unnoticed_lapse'],
  ['a workflow that is gone', 'workflow_lost'],
  ['a pool that is gone', 'pool_lost'],
  ['a pool of an older epoch', 'pool_outdated'],
])('%s is found and repaired as %s', async (kind, name) => {
  const license = await givenLicense(api);
  await acquire(license);
  await disagreements[kind]({ license, lost });
  await deliverOutbox();
  await afterSettling(license);
  const { found, repaired } = await sweep();
  expect(found[name]).toBe(1);
  expect(repaired[name]).toBe(1);
});

test('a seat that never had a row is freed, also where the ledger has no open row at all', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await release(await acquire(license));
  await seatWithoutRow(license);
  await deliverOutbox();
  expect((await tryAcquire(license)).status).toBe(409);
  expect((await sweep()).repaired).toEqual({ seat_never_recorded: 1 });
  expect((await acquire(license)).httpStatus).toBe(201);
});

test.each([
  ['freed', false],
  ['was freeing when it died', true],
])('a caller who is about to record a seat that a sweep %s gets another', async (_, dies) => {
  const license = await givenLicense(api, { seats: 2 });
  await acquire(license);
  const { promise: mayRecord, resolve: record } = Promise.withResolvers<undefined>();
  const { promise: isGranted, resolve: tell } = Promise.withResolvers<undefined>();
  const { seats } = api.deps;
  let isFirst = true;
  const slowly: typeof seats = {
    ...seats,
    async acquireSeat(...call) {
      const reply = await seats.acquireSeat(...call);
      if (!isFirst) return reply;
      isFirst = false;
      tell(undefined);
      await mayRecord;
      return reply;
    },
  };
  const asking = acquireSession(
    { ...api.deps, seats: slowly },
    {
      ...{ tenantId: license.tenantId, licenseId: license.licenseId, product: license.product },
      ...{ instanceKey: 'i', holderId: 'main', wait: false, usageType: 'builder' },
      ...{ version: '1', device: { fingerprint: 'f' }, metadata: {} },
    },
  );
  await isGranted;
  const laterBy = 60_000;
  const now = Date.now;
  Date.now = () => now() + laterBy;
  try {
    if (dies) await sweepThatDies('sweep:strangers-dropped');
    else expect((await sweep()).repaired).toMatchObject({ seat_never_recorded: 1 });
  } finally {
    Date.now = now;
  }
  // Somebody else, who is told of the drop, takes the seat first.
  if (dies) await acquire(license);
  record(undefined);
  if (dies) await expect(asking).resolves.toMatchObject({ kind: 'denied' });
  else expect((await asking).kind).toBe('session');
  await expectAgreement(license);
});

test('a pool whose row somebody keeps locked is passed, and those behind it are swept', async () => {
  const licenses = [await givenLicense(api), await givenLicense(api)];
  for (const license of licenses) {
    await acquire(license);
    await disagreements['a row whose seat is gone']({ license, lost });
    await afterSettling(license);
  }
  const [first] = licenses.map(({ licenseId }) => licenseId).toSorted();
  await admin.query('begin');
  await admin.query('select from sessions where license_id = $1 for update', [first]);
  const { found, repaired } = await sweep();
  await admin.query('commit');
  expect(found).toMatchObject({ pool_failed: 1, row_without_seat: 1 });
  expect(repaired).toMatchObject({ row_without_seat: 1 });
  expect((await sweep()).repaired).toMatchObject({ row_without_seat: 1 });
});

test('live sessions of a long pool stay, although beats move them from page to page while it is read', async () => {
  const license = await givenLicense(api, { seats: 100 });
  const sessions = await acquireMany(license, 60);
  await deliverOutbox();
  await afterSettling(license);
  const { seats } = api.deps;
  const beating: typeof seats = {
    ...seats,
    // The pool as pages show it whose entries move meanwhile: some are on none of them.
    async readPool(pool) {
      const contents = await seats.readPool(pool);
      return contents && { ...contents, seats: contents.seats.slice(20) };
    },
  };
  let cursor: string | null = null;
  let tally = emptyTally;
  do {
    const page = await reconcilePools({ ...api.deps, seats: beating }, { cursor, limit: 100 });
    tally = addTallies(tally, page);
    cursor = page.cursor;
  } while (cursor !== null);
  expect(tally.found).toEqual({});
  for (const session of sessions.slice(0, 30)) {
    expect(await heartbeat(session)).toMatchObject({ status: 'active' });
  }
});

test('a row that Redis had no seat for stays open when its pool was rebuilt, with it, meanwhile', async () => {
  const license = await givenLicense(api);
  const session = await acquire(license);
  await deliverOutbox();
  await afterSettling(license);
  const { seats } = api.deps;
  const rest = { holderId: null, mode: 'free', reason: 'lapsed' } as const;
  await seats.releaseSeat(license, { ...session, sessionId: session.id, ...rest });
  const rebuilt: typeof seats = {
    ...seats,
    // As a primary answers that was cut off, while another is promoted and gets the pool.
    async lapseLeases(...call) {
      const reply = await seats.lapseLeases(...call);
      if (call[1].sessionId !== session.id) return reply;
      await api.store.del(...poolKeys(license).slice(0, 1));
      await restorePool(api.deps, license);
      return reply;
    },
  };
  await reconcilePools({ ...api.deps, seats: rebuilt }, { cursor: null, limit: 100 });
  expect((await sweep()).found).toEqual({});
  expect(await heartbeat(session)).toMatchObject({ status: 'active' });
});

test('pages of one pool each come to the same as one page for all', async () => {
  const licenses = await Promise.all([givenLicense(api), givenLicense(api), givenLicense(api)]);
  for (const license of licenses) {
    await disagreements['a row whose seat is gone']({ license, lost });
    await acquire(license);
    await afterSettling(license);
  }
  await deliverOutbox();
  expect((await sweep(1)).repaired).toMatchObject({ row_without_seat: 3 });
  expect((await sweep(1)).found).toEqual({});
});
