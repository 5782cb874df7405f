/** Transactions that are sent in one go keep the promises of those that are sent statement by statement. */
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { runPipelined, type Statement } from '../../data/pipeline.ts';
import { pipelineAsTenant, pipelineAsTenantOfKey } from '../../data/tenant.ts';
import { hashLicenseKey } from '../../signing/keys.ts';
import { startTestApi } from '../support/api.ts';
import { acquire, givenLicense } from '../support/given.ts';

const api = await startTestApi();
const db = openDatabase({ url: api.database.appUrl, poolSize: 1, onError: () => undefined });
afterAll(() => db.destroy());

const sessions: Statement = { name: 'all-sessions', text: 'select id from sessions', values: [] };
const tenants: Statement = { name: 'all-tenants', text: 'select id from tenants', values: [] };
const nonsense: Statement = { name: 'nonsense', text: 'select 1 / $1::int', values: [0] };

function rename(tenantId: string): Statement {
  const text = `update sessions set version = 'renamed' where tenant_id = $1 returning id`;
  return { name: 'rename', text, values: [tenantId] };
}

test('each sees the rows of its own tenant, and the connection forgets the tenant', async () => {
  const [one, other] = [await givenLicense(api), await givenLicense(api)];
  const [own, foreign] = [await acquire(one), await acquire(other)];
  for (const [license, session] of [
    [one, own],
    [other, foreign],
  ] as const) {
    const [rows] = await pipelineAsTenant(db, license.tenantId, { statements: [sessions] });
    expect(rows).toEqual([{ id: session.id }]);
    expect(await runPipelined(db, [sessions, tenants])).toEqual([[], []]);
  }
});

test('a license key opens its own tenant, an unknown one none', async () => {
  const license = await givenLicense(api);
  const hash = hashLicenseKey(license.licenseKey) ?? Buffer.alloc(32);
  const now = new Date();
  const [, rows] = await pipelineAsTenantOfKey(db, { hash, now }, [tenants]);
  expect(rows).toEqual([{ id: license.tenantId }]);
  const unknown = { hash: Buffer.alloc(32), now };
  expect(await pipelineAsTenantOfKey(db, unknown, [tenants])).toEqual([[], []]);
});

test('a statement that fails undoes those before it and is told before the commit', async () => {
  const license = await givenLicense(api);
  await acquire(license);
  const { tenantId } = license;
  const reached: string[] = [];
  for (const how of [{}, { beforeCommit: () => reached.push('commit') }]) {
    const statements = [rename(tenantId), nonsense, sessions];
    await expect(pipelineAsTenant(db, tenantId, { statements, ...how })).rejects.toThrow(
      'division by zero',
    );
  }
  expect(reached).toEqual([]);
  const version = { name: 'version', text: 'select version from sessions', values: [] };
  const [rows] = await pipelineAsTenant(db, tenantId, { statements: [version] });
  expect(rows).not.toEqual([{ version: 'renamed' }]);
});

test('what happens before the commit sees all statements done and none of them published', async () => {
  const license = await givenLicense(api);
  const { id } = await acquire(license);
  const { tenantId } = license;
  const stop = new Error('stop');
  const statements = [rename(tenantId)];
  const beforeCommit = () => {
    throw stop;
  };
  await expect(pipelineAsTenant(db, tenantId, { statements, beforeCommit })).rejects.toBe(stop);
  const version = { name: 'version-of', text: 'select version from sessions', values: [] };
  const [rows] = await pipelineAsTenant(db, tenantId, { statements: [version] });
  expect(rows).toHaveLength(1);
  expect(rows).not.toEqual([{ version: 'renamed' }]);
  const [after] = await pipelineAsTenant(db, tenantId, { statements: [sessions] });
  expect(after).toEqual([{ id }]);
});
