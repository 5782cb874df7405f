import { expect, test } from 'vitest';
import { afterAll } from 'vitest';
import { openDatabase, type TenantTransaction } from '../../data/database.ts';
import { withTenant } from '../../data/tenant.ts';
import { startTestApi } from '../support/api.ts';
import { givenCheckOut } from '../support/check-outs.ts';
import { acquire, forceRelease, givenLicense, type GivenLicense } from '../support/given.ts';

const api = await startTestApi();
const tenantTables = [
  'tenants',
  'licenses',
  'pools',
  'sessions',
  'licenseEvents',
  'outbox',
  'checkOuts',
  'auditLog',
] as const;

const licenses: GivenLicense[] = [];
for (let n = 0; n < 4; n += 1) {
  const license = await givenLicense(api);
  await acquire(license);
  await forceRelease(await acquire(license));
  await givenCheckOut(license);
  licenses.push(license);
}

/** One connection, so that whatever a transaction leaves behind meets the next one. */
const narrow = openDatabase({ url: api.database.appUrl, poolSize: 1, onError: () => undefined });
const wide = openDatabase({ url: api.database.appUrl, poolSize: 6, onError: () => undefined });
afterAll(async () => {
  await Promise.all([narrow.destroy(), wide.destroy()]);
});

async function tenantsSeen(tx: TenantTransaction): Promise<Set<string | null>> {
  const seen = new Set<string | null>();
  for (const table of tenantTables) {
    const column = table === 'tenants' ? 'id' : 'tenantId';
    const rows = (await tx.selectFrom(table).selectAll().execute()) as Record<string, unknown>[];
    for (const row of rows) seen.add(row[column] as string | null);
  }
  return seen;
}

test('every tenant table has rows of every tenant', async () => {
  for (const table of tenantTables) {
    const rows = await api.deps.systemDb.selectFrom(table).selectAll().execute();
    expect(rows.length, table).toBeGreaterThanOrEqual(licenses.length);
  }
});

test('without a tenant the app role sees no row of any tenant table', async () => {
  for (const table of tenantTables) {
    expect(await wide.selectFrom(table).selectAll().execute(), table).toEqual([]);
  }
  for (const tenantId of ['', 'ten_unknown', "' or true --"]) {
    expect([...(await withTenant(narrow, tenantId, tenantsSeen))]).toEqual([]);
  }
});

test('with a tenant it sees that one’s rows, in every table', async () => {
  for (const { tenantId } of licenses) {
    expect([...(await withTenant(narrow, tenantId, tenantsSeen))]).toEqual([tenantId]);
  }
});

test('a connection carries no tenant to its next user, however the transaction ended', async () => {
  const [one, other] = licenses;
  if (one === undefined || other === undefined) throw new Error('Two licenses are needed');
  const ends = [
    () => Promise.resolve(),
    () => Promise.reject(new Error('rolled back')),
    (tx: TenantTransaction) =>
      tx
        .selectFrom('sessions')
        .select('nothing' as 'id')
        .execute(),
  ];
  for (const end of ends) {
    await withTenant(narrow, one.tenantId, async (tx) => {
      expect([...(await tenantsSeen(tx))]).toEqual([one.tenantId]);
      await end(tx);
    }).catch(() => undefined);
    expect(await narrow.selectFrom('sessions').selectAll().execute()).toEqual([]);
    expect([...(await withTenant(narrow, other.tenantId, tenantsSeen))]).toEqual([other.tenantId]);
  }
});

test('a tenant writes no row of another, neither new nor moved', async () => {
  const [one, other] = licenses;
  if (one === undefined || other === undefined) throw new Error('Two licenses are needed');
  const row = {
    ...{ id: 'evt_x', tenantId: other.tenantId, licenseId: other.licenseId },
    ...{ sessionId: null, event: 'license.changed', detail: '{}' },
  };
  await expect(
    withTenant(narrow, one.tenantId, (tx) => tx.insertInto('licenseEvents').values(row).execute()),
  ).rejects.toThrow(/row-level security/);
  await expect(
    withTenant(narrow, one.tenantId, (tx) =>
      tx.updateTable('sessions').set({ tenantId: other.tenantId }).execute(),
    ),
  ).rejects.toThrow(/row-level security|violates/);
  const changed = await withTenant(narrow, one.tenantId, (tx) =>
    tx
      .updateTable('sessions')
      .set({ isShared: true })
      .where('tenantId', '=', other.tenantId)
      .executeTakeFirst(),
  );
  expect(changed.numUpdatedRows).toBe(0n);
});

test('transactions of several tenants at once, many of them aborted, leak nothing', async () => {
  const work = Array.from({ length: 240 }, async (_, n) => {
    const { tenantId } = licenses[n % licenses.length] as GivenLicense;
    const seen = new Set<string | null>();
    await withTenant(wide, tenantId, async (tx) => {
      for (const id of await tenantsSeen(tx)) seen.add(id);
      if (n % 3 === 0) throw new Error('aborted by the caller');
      if (n % 3 === 1)
        await tx
          .selectFrom('sessions')
          .select('nothing' as 'id')
          .execute();
    }).catch(() => undefined);
    const outside = await wide.selectFrom('sessions').select('tenantId').execute();
    return { tenantId, seen: [...seen], outside };
  });
  for (const { tenantId, seen, outside } of await Promise.all(work)) {
    expect({ seen, outside }).toEqual({ seen: [tenantId], outside: [] });
  }
});
