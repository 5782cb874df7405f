/** A signed list of revocations that is too long is taken by no client: what does not fit is refused. */
import { sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { listedMax } from '../../domain/revocation.ts';
import { newId } from '../../platform/ids.ts';
import { revokeKey } from '../../services/revocations.ts';
import { startTestApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { acquire, givenLicense, problemOf, readLicense, suspend } from '../support/given.ts';

const api = await startTestApi();
const admin = openDatabase({ url: api.database.adminUrl, poolSize: 1, onError: () => undefined });
afterAll(() => admin.destroy());
const reason = 'Seen in a paste';

const revokeLicense = (licenseId: string) =>
  api.asOperator('POST', `/v1/licenses/${licenseId}/revoke`, { body: { reason } });
const askToRevoke = (kid: string) =>
  api.asOperator('POST', '/v1/revocations', { body: { kind: 'key', kid, reason } });

/** So many of a kind that one more fits, for an hour. */
async function fillButOne(kind: 'key' | 'license'): Promise<void> {
  await sql`insert into revocations (id, kind, subject, reason, revoked_by, at, until)
    select 'rev_' || ${kind} || n, ${kind}, 'past' || n, 'r', 'b', now(), now() + interval '1 hour'
    from generate_series(1, ${listedMax[kind] - 1}::int) n`.execute(admin);
}

test('the last license for which there is room is revoked, and the next one when another has left', async () => {
  const [last, more] = [await givenLicense(api), await givenLicense(api)];
  await Promise.all([acquire(last), acquire(more)]);
  await fillButOne('license');
  expect((await revokeLicense(last.licenseId)).status).toBe(200);
  const refused = problemOf(await revokeLicense(more.licenseId));
  expect(refused).toMatchObject({ status: 409, code: 'conflict' });
  expect(refused.detail).toMatch(/room for 10000 .* leaves it at \d{4}-.* Suspend the license/);
  expect(await readLicense(more)).toMatchObject({ status: 'active' });
  // It is about room, not about what is revoked already.
  expect((await revokeLicense(last.licenseId)).status).toBe(200);
  await suspend(more);
  await sql`update revocations set until = now() where subject = 'past1'`.execute(admin);
  expect((await revokeLicense(more.licenseId)).status).toBe(200);
});

test('a revoked license leaves the list when its last file has ended', async () => {
  const { rows } = await sql<{ days: number }>`
    select extract(epoch from until - at)::float8 / 86400 as days from revocations
    where kind = 'license' and subject like 'lic%'`.execute(admin);
  expect(rows).toHaveLength(2);
  for (const { days } of rows) expect(days).toBeCloseTo(367, 2);
});

test('of two at once no more are revoked than there is room for', async () => {
  await fillButOne('key');
  const context = { caller: { actor: { kind: 'system', id: 'test' } }, requestId: 'test' } as const;
  const blocked = async () => {
    const { rows } = await sql`select from pg_stat_activity
      where datname = current_database() and wait_event = 'advisory'`.execute(admin);
    return rows.length > 0;
  };
  const asked = await api.deps.systemDb.transaction().execute(async (tx) => {
    await revokeKey({ systemDb: tx }, context, { kid: newId('dlg'), reason });
    let isAnswered = false;
    const asking = askToRevoke(newId('dlg')).finally(() => (isAnswered = true));
    await eventually(async () => isAnswered || (await blocked()));
    return [asking];
  });
  for (const asking of asked) expect((await asking).status).toBe(409);
});
