import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { listRevocations } from '../../../data/revocations.ts';
import { findNewestList } from '../../../data/revocation-lists.ts';
import { newId } from '../../../platform/ids.ts';
import { publishRevocations } from '../../../services/publish-revocations.ts';
import { revokeKey, revokeLeases } from '../../../services/revocations.ts';
import type { RevocationClaims } from '../../../signing/tokens/revocation-list.ts';
import { givenDelegateRow } from '../../support/signing-rows.ts';
import { openTrustWorld } from '../../support/trust-world.ts';

const world = await openTrustWorld();
const { deps, kms } = world;
await world.settle();
const reason = 'Test';
const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;

async function listNow(): Promise<RevocationClaims & { isNew: boolean }> {
  const published = await publishRevocations(deps);
  const newest = await findNewestList(deps.db);
  expect(newest?.seq).toBe(published?.seq);
  return { ...decodeJwt<RevocationClaims>(newest?.token ?? ''), isNew: published?.isNew ?? false };
}

test('there is a first list with nothing in it, so that clients have a number to begin with', async () => {
  const list = await listNow();
  expect(list).toMatchObject({ isNew: true, keys: [], licenses: [], leases: [] });
  expect(await listNow()).toMatchObject({ isNew: false, seq: list.seq });
});

describe('a new list', () => {
  test('follows what was revoked, with a higher number, and the revocation tells it', async () => {
    const { seq } = await listNow();
    const kid = await givenDelegateRow(deps.systemDb, { rootKid: 'root-1', seq: 1 });
    const licenseId = newId('lic');
    const fences = { epoch: 5, fenceFirst: 7, fenceLast: 9 };
    const pool = { tenantId: newId('ten'), licenseId };
    await revokeKey(deps, context, { kid, reason });
    await revokeLeases(deps, context, { pool, fences, reason });
    const list = await listNow();
    expect(list.seq).toBeGreaterThan(seq);
    expect(list.keys).toEqual([kid]);
    expect(list.leases).toEqual([{ license: licenseId, epoch: 5, fences: [7, 9] }]);
    const page = { after: null, limit: 10 };
    const listed = (await listRevocations(deps.systemDb, page)).map(({ listedIn }) => listedIn);
    expect(listed).toEqual([list.seq, list.seq]);
    expect((await listNow()).isNew).toBe(false);
  });

  test('is made a day before the next update is due, and KMS signs no more than that', async () => {
    const before = kms.calls('asymmetricSign');
    await world.passDays(0.9);
    expect((await listNow()).isNew).toBe(false);
    await world.passDays(0.1);
    const { next_update: nextUpdate, isNew } = await listNow();
    expect(isNew).toBe(true);
    expect(nextUpdate).toBeGreaterThan(Date.now() / 1_000 + 47 * 3_600);
    expect(kms.calls('asymmetricSign')).toBe(before + 1);
  });

  test('names a delegate no longer than something that it signed might be believed', async () => {
    expect((await listNow()).keys).toHaveLength(1);
    await world.outlive();
    const { keys, leases } = await listNow();
    expect({ keys, leases }).toEqual({ keys: [], leases: [] });
  });
});

test('one list is signed when many ask for it at once', async () => {
  const kid = await givenDelegateRow(deps.systemDb, { rootKid: 'root-1', seq: 4 });
  await revokeKey(deps, context, { kid, reason });
  const before = kms.calls('asymmetricSign');
  const published = await Promise.all(Array.from({ length: 8 }, () => publishRevocations(deps)));
  expect(published.filter((list) => list?.isNew)).toHaveLength(1);
  expect(new Set(published.map((list) => list?.seq)).size).toBe(1);
  expect(kms.calls('asymmetricSign')).toBe(before + 1);
});

describe('while KMS is away', () => {
  test('the newest list stays, and the new one is made when it answers again', async () => {
    const { seq } = await listNow();
    const kid = await givenDelegateRow(deps.systemDb, { rootKid: 'root-1', seq: 2 });
    await revokeKey(deps, context, { kid, reason });
    kms.faults.set({ status: 'UNAVAILABLE' });
    await expect(publishRevocations(deps)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await findNewestList(deps.db))?.seq).toBe(seq);
    kms.faults.set({});
    expect((await listNow()).keys).toContain(kid);
  });

  test('a process that dies between signature and row leaves nothing that was handed out', async () => {
    const { seq } = await listNow();
    const kid = await givenDelegateRow(deps.systemDb, { rootKid: 'root-1', seq: 3 });
    await revokeKey(deps, context, { kid, reason });
    world.dieAt('revocations:signed');
    await expect(publishRevocations(deps)).rejects.toThrow('Died');
    expect((await findNewestList(deps.db))?.seq).toBe(seq);
    expect((await listNow()).keys).toContain(kid);
  });
});

test('a list of the future, by a clock that was ahead, is followed by one of now with a higher number', async () => {
  const ahead = Math.floor(Date.now() / 1_000) + 90_000;
  const future = await publishRevocations(deps, { at: ahead });
  expect(future).toMatchObject({ isNew: true });
  const { seq, iat, isNew } = await listNow();
  expect(isNew).toBe(true);
  expect(seq).toBeGreaterThan(future?.seq ?? 0);
  expect(iat).toBeLessThan(ahead);
  expect((await listNow()).isNew).toBe(false);
});

test('without KMS nothing is signed', async () => {
  expect(await publishRevocations({ ...deps, kms: null })).toBeNull();
});
