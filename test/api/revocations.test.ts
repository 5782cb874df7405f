import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { newId } from '../../platform/ids.ts';
import { startTestApi } from '../support/api.ts';
import { acquire, givenApiKey, givenLicense, givenTenant } from '../support/given.ts';
import { givenDelegateRow, givenRootRow } from '../support/signing-rows.ts';

const api = await startTestApi();
const db = api.deps.systemDb;
const rootKid = await givenRootRow(db, 1, 'active');
const nextKid = await givenRootRow(db, 2, 'published');
const reason = 'Seen in a paste';

interface Revocation {
  id: string;
  subject: string;
  listedIn: number | null;
}

async function revoke(body: Record<string, unknown>, headers = {}) {
  const answer = await api.asOperator('POST', '/v1/revocations', {
    body: { reason, ...body },
    headers,
  });
  return { ...answer, revocation: answer.body as Revocation };
}

/** Workflows that have a message of the outbox to take, and how many. */
async function awaited(): Promise<Record<string, number>> {
  const { rows } = await sql<{ id: string; count: number }>`
    select workflow_id as id, count(*)::int from outbox where tenant_id is null group by 1`.execute(
    db,
  );
  return Object.fromEntries(rows.map(({ id, count }) => [id, count]));
}

async function added<T>(act: () => Promise<T>) {
  const before = await awaited();
  const result = await act();
  const after = await awaited();
  const count = (id: string) => (after[id] ?? 0) - (before[id] ?? 0);
  return { result, lists: count('publish-revocations'), rotations: count('rotate-root') };
}

async function auditOf(subjectId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('auditLog')
    .select('action')
    .where('subjectId', '=', subjectId)
    .orderBy('at')
    .execute();
  return rows.map(({ action }) => action);
}

async function delegateOf(kid: string) {
  const columns = ['revokedWhy', 'revokedAt'] as const;
  return db.selectFrom('delegates').select(columns).where('kid', '=', kid).executeTakeFirst();
}

describe('a delegate', () => {
  test('signs nothing more once it is revoked, and a new list and a new delegate are asked for', async () => {
    const kid = await givenDelegateRow(db, { rootKid, seq: 1 });
    const { result, ...asked } = await added(() => revoke({ kind: 'key', kid }));
    expect(result.status).toBe(201);
    expect(result.revocation).toMatchObject({
      ...{ kind: 'key', subject: kid, fences: null, reason, listedIn: null },
    });
    expect(asked).toEqual({ lists: 1, rotations: 1 });
    expect(await delegateOf(kid)).toMatchObject({ revokedWhy: reason });
    expect(await auditOf(kid)).toEqual(['revocation.create']);
  });

  test('stays as it was revoked first, and nothing is asked for again', async () => {
    const kid = await givenDelegateRow(db, { rootKid, seq: 2 });
    const first = await revoke({ kind: 'key', kid });
    const { result, ...asked } = await added(() => revoke({ kind: 'key', kid, reason: 'Again' }));
    expect(result.status).toBe(200);
    expect(result.body).toEqual(first.body);
    expect(asked).toEqual({ lists: 0, rotations: 0 });
    expect(await auditOf(kid)).toHaveLength(1);
  });

  test('is revoked once for one Idempotency-Key', async () => {
    const kid = await givenDelegateRow(db, { rootKid, seq: 3 });
    const headers = { 'Idempotency-Key': newId('evt') };
    const first = await revoke({ kind: 'key', kid }, headers);
    const repeated = await revoke({ kind: 'key', kid }, headers);
    expect(repeated.status).toBe(201);
    expect(repeated.body).toEqual(first.body);
  });

  test('that the ledger lost with a restore is revoked for as long as it could be believed', async () => {
    const kid = newId('dlg');
    const { result, ...asked } = await added(() => revoke({ kind: 'key', kid }));
    expect(result).toMatchObject({ status: 201, revocation: { kind: 'key', subject: kid } });
    expect(asked.lists).toBe(1);
    const columns = ['until', 'at'] as const;
    const query = db.selectFrom('revocations').select(columns).where('subject', '=', kid);
    const { until, at } = await query.executeTakeFirstOrThrow();
    const days = ((until?.getTime() ?? Infinity) - at.getTime()) / 86_400_000;
    expect(days).toBeCloseTo(9, 2);
  });

  test.each(['root-99', 'dlg_1', 'key'])('and nothing else that is not known: %s', async (kid) => {
    expect((await revoke({ kind: 'key', kid })).status).toBe(404);
  });
});

test('a root takes with it what it certified, and nothing else', async () => {
  const mine = await givenDelegateRow(db, { rootKid: nextKid, seq: 11 });
  const others = await givenDelegateRow(db, { rootKid, seq: 12 });
  expect((await revoke({ kind: 'key', kid: nextKid })).status).toBe(201);
  const root = await db
    .selectFrom('rootKeys')
    .select('state')
    .where('kid', '=', nextKid)
    .executeTakeFirst();
  expect(root?.state).toBe('revoked');
  expect(await delegateOf(mine)).toMatchObject({ revokedWhy: reason });
  expect(await delegateOf(others)).toMatchObject({ revokedAt: null });
});

describe('leases', () => {
  const fences = { epoch: 5, first: 7, count: 3 };

  test('are revoked by the numbers of their grants, any number of times', async () => {
    const { licenseId } = await givenLicense(api);
    const { result, ...asked } = await added(() => revoke({ kind: 'leases', licenseId, fences }));
    expect(result.status).toBe(201);
    expect(result.body).toMatchObject({ kind: 'leases', subject: licenseId, fences });
    expect(asked).toEqual({ lists: 1, rotations: 0 });
    const other = await revoke({ kind: 'leases', licenseId, fences });
    expect(other.revocation.id).not.toBe(result.revocation.id);
  });

  test('of another tenant than the one that is named are not found', async () => {
    const { licenseId } = await givenLicense(api);
    const body = { kind: 'leases', licenseId, fences, reason };
    const tenantId = await givenTenant(api);
    const answer = await api.asOperator('POST', '/v1/revocations', { body, tenantId });
    expect(answer.status).toBe(404);
  });
});

describe('a license', () => {
  const withdraw = (licenseId: string, how: string) =>
    api.asOperator('POST', `/v1/licenses/${licenseId}/${how}`, { body: { reason } });
  const listed = async (licenseId: string) => {
    const { body } = await api.asOperator('GET', '/v1/revocations?limit=100');
    const { items } = body as { items: Revocation[] };
    return items.filter(({ subject }) => subject === licenseId).length;
  };

  test('is listed once it is revoked, and only once', async () => {
    const license = await givenLicense(api);
    await acquire(license);
    const { lists } = await added(() => withdraw(license.licenseId, 'revoke'));
    expect(lists).toBe(1);
    await withdraw(license.licenseId, 'revoke');
    expect(await listed(license.licenseId)).toBe(1);
  });

  test('is not listed when no seat was ever granted, nor while it is suspended', async () => {
    const unused = await givenLicense(api);
    await withdraw(unused.licenseId, 'revoke');
    expect(await listed(unused.licenseId)).toBe(0);
    const suspended = await givenLicense(api);
    await acquire(suspended);
    await withdraw(suspended.licenseId, 'suspend');
    expect(await listed(suspended.licenseId)).toBe(0);
  });
});

test('only operators revoke, and see what was revoked', async () => {
  const authorization = `Bearer ${await givenApiKey(api, await givenTenant(api))}`;
  expect((await api.request('GET', '/v1/revocations', { authorization })).status).toBe(403);
  const body = { kind: 'key', kid: rootKid, reason };
  const answer = await api.request('POST', '/v1/revocations', { authorization, body });
  expect(answer.status).toBe(403);
});

test.each([
  [{ kind: 'key' }],
  [{ kind: 'license', licenseId: newId('lic') }],
  [{ kind: 'key', kid: 'root-1', reason: ' ' }],
  [{ kind: 'leases', licenseId: newId('lic'), fences: { epoch: 1, first: 1, count: 0 } }],
  [{ kind: 'key', kid: 'root-1', licenseId: newId('lic') }],
])('refuses what is no revocation: %j', async (body) => {
  expect((await revoke(body)).status).toBe(422);
});
