import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { endSessionRows, findSession, upsertSession } from '../../data/sessions.ts';
import type { TenantTransaction } from '../../data/database.ts';
import { withTenant } from '../../data/tenant.ts';
import { newId } from '../../platform/ids.ts';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { givenLicense } from '../support/given.ts';

const api = await startTestApi();
const license = await givenLicense(api);
const admin = new Client({ connectionString: api.database.adminUrl });
await admin.connect();
afterAll(() => admin.end());
const facts = {
  ...{ product: license.product, version: '1', usageType: 'builder' as const },
  ...{ device: { fingerprint: 'f' }, metadata: {} },
};
let counter = 0;

const inTenant = <T>(work: (tx: TenantTransaction) => Promise<T>) =>
  withTenant(api.deps.db, license.tenantId, work);

function grant(tx: TenantTransaction, id: string, fence = { epoch: 1, counter: (counter += 1) }) {
  return upsertSession(tx, license, { ...facts, id, instanceKey: id, fence, rightsMs: null });
}
function queue(tx: TenantTransaction, id: string) {
  return upsertSession(tx, license, { ...facts, id, instanceKey: id, ticket: { epoch: 1, n: 1 } });
}

test('a row is opened once, granted once, and repeated without a change', async () => {
  const id = newId('ses');
  const fence = { epoch: 1, counter: (counter += 1) };
  const changes = [
    await inTenant((tx) => queue(tx, id)),
    await inTenant((tx) => queue(tx, id)),
    await inTenant((tx) => grant(tx, id, fence)),
    await inTenant((tx) => grant(tx, id, fence)),
    await inTenant((tx) => queue(tx, id)),
  ];
  expect(changes.map((made) => made?.change)).toEqual([
    'opened',
    'none',
    'granted',
    'none',
    'none',
  ]);
  expect(changes.at(-1)?.row).toMatchObject({ status: 'active', fenceCounter: fence.counter });
});

test('of two transactions that open one session at the same time, one opens it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const id = newId('ses');
    const fence = { epoch: 1, counter: (counter += 1) };
    const { promise: hasInserted, resolve: tell } = Promise.withResolvers<undefined>();
    const { promise: hold, resolve: letGo } = Promise.withResolvers<undefined>();
    const first = inTenant(async (tx) => {
      const made = await grant(tx, id, fence);
      tell(undefined);
      await hold;
      return made;
    });
    await hasInserted;
    const second = inTenant((tx) => grant(tx, id, fence));
    await eventually(waitsForALock);
    letGo(undefined);
    const changes = [(await first)?.change, (await second)?.change];
    expect(changes).toEqual(['opened', 'none']);
  }
});

test('a row that has ended is not opened again', async () => {
  const id = newId('ses');
  await inTenant((tx) => grant(tx, id));
  const ended = await inTenant((tx) =>
    endSessionRows(tx, license.tenantId, [{ sessionId: id, reason: 'forced', detail: 'why' }]),
  );
  expect(ended).toMatchObject([{ id, endReason: 'forced', wasGranted: true }]);
  expect(await inTenant((tx) => grant(tx, id))).toBeUndefined();
  const row = await inTenant((tx) => findSession(tx, { ...license, sessionId: id }));
  expect(row).toMatchObject({ status: 'ended', endReason: 'forced', endDetail: 'why' });
});

test('of all who end a session at the same time, one wins', async () => {
  const id = newId('ses');
  await inTenant((tx) => grant(tx, id));
  const reasons = ['lapsed', 'released', 'forced', 'superseded'] as const;
  const winners = await Promise.all(
    reasons.map((reason) =>
      inTenant((tx) => endSessionRows(tx, license.tenantId, [{ sessionId: id, reason }])),
    ),
  );
  expect(winners.flat()).toHaveLength(1);
});

test('two who end the same sessions in opposite orders wait for each other', async () => {
  const ids = Array.from({ length: 60 }, () => newId('ses'));
  await inTenant(async (tx) => {
    for (const id of ids) await grant(tx, id);
  });
  const endings = ids.map((sessionId) => ({ sessionId, reason: 'lapsed' as const }));
  const turns = Array.from({ length: 6 }, (_, n) => (n % 2 ? endings : endings.toReversed()));
  const ended = await Promise.all(
    turns.map((turn) => inTenant((tx) => endSessionRows(tx, license.tenantId, turn))),
  );
  expect(
    ended
      .flat()
      .map(({ id }) => id)
      .toSorted(),
  ).toEqual(ids.toSorted());
});

async function waitsForALock(): Promise<boolean> {
  const { rows } = await admin.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}
