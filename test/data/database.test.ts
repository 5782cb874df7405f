import { expect, test } from 'vitest';
import { openDatabase, pingDatabase } from '../../data/database.ts';
import { withTenant } from '../../data/tenant.ts';
import { cloneDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';

const database = await cloneDatabase();
const proxy = await startProxy(addressOf(database.appUrl));
const url = throughProxy(database.appUrl, proxy);

test('a connection that breaks in the middle of a transaction fails it and is told, no more', async () => {
  const errors: Error[] = [];
  const db = openDatabase({ url, poolSize: 2, onError: (error) => errors.push(error) });
  const work = withTenant(db, 'ten_x', async (tx) => {
    proxy.cut();
    await eventually(() => errors.length > 0);
    await pingDatabase(tx);
  });
  await expect(work).rejects.toThrow();
  expect(errors[0]?.message).toMatch(/terminated|ECONNRESET/);
  proxy.mend();
  await pingDatabase(db);
  await db.destroy();
});

test('numbers of eight bytes come back as numbers', async () => {
  const db = openDatabase({ url: database.systemUrl, poolSize: 1, onError: () => undefined });
  await db
    .insertInto('tenants')
    .values({ id: 'ten_x', name: 'x', clockOffsetMs: 2 ** 52 })
    .execute();
  const rows = await db.selectFrom('tenants').select('clockOffsetMs').execute();
  expect(rows).toEqual([{ clockOffsetMs: 2 ** 52 }]);
  await db.destroy();
});
