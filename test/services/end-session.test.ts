/** However a session ends, it is counted once, and only when its end is committed. */
import { expect, test } from 'vitest';
import { afterCommit, withTenant } from '../../data/tenant.ts';
import type { EndReason } from '../../domain/errors.ts';
import { newId } from '../../platform/ids.ts';
import { checkLease, lapseLease } from '../../services/check-lease.ts';
import { confirmRelease } from '../../services/confirm-release.ts';
import { endSessions } from '../../services/end-session.ts';
import { reconcilePools } from '../../services/reconcile-pools.ts';
import { startTestApi } from '../support/api.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  forceRelease,
  givenLicense,
  release,
  suspend,
} from '../support/given.ts';
import { givenRows } from '../support/ledger.ts';

const api = await startTestApi();
const { deps } = api;

async function counted(reason: EndReason): Promise<number> {
  const { values } = await deps.metrics.sessionsEnded.get();
  return values.find(({ labels }) => labels.reason === reason)?.value ?? 0;
}

/** By how much the count of a reason rises during the work. */
async function risen(reason: EndReason, work: () => Promise<unknown>): Promise<number> {
  const before = await counted(reason);
  await work();
  return (await counted(reason)) - before;
}

test('releases, forced ends and suspensions are counted by their reason', async () => {
  const license = await givenLicense(api, { seats: 4 });
  const [one, two] = await acquireMany(license, 4);
  if (one === undefined || two === undefined) throw new Error('No seats');
  expect(await risen('released', () => release(one))).toBe(1);
  expect(await risen('forced', () => forceRelease(two))).toBe(1);
  expect(await risen('forced', () => forceRelease(two)), 'again').toBe(0);
  expect(await risen('license_suspended', () => suspend(license))).toBe(2);
});

test('what a workflow lapses and what the sweep finds is counted, too', async () => {
  const license = await givenLicense(api);
  const session = await acquire(license);
  await afterLeaseLapses(session);
  const { tenantId, licenseId } = license;
  const ref = { tenantId, licenseId, sessionId: session.id, instanceKey: session.instanceKey };
  expect(await risen('lapsed', () => lapseLease(deps, ref))).toBe(1);

  await acquire(license);
  await givenRows(license, { count: 2, status: 'active', ageMs: 60_000 });
  const sweep = () => reconcilePools(deps, { cursor: null, limit: 100 });
  expect(await risen('lapsed', sweep)).toBe(2);
});

test('an end that is rolled back, or whose commit got no answer, is not counted', async () => {
  const license = await givenLicense(api);
  const { tenantId } = license;
  const { id: sessionId } = await acquire(license);
  const endAndFail = () =>
    withTenant(deps.db, tenantId, async (tx) => {
      await endSessions(tx, deps, { tenantId, endings: [{ sessionId, reason: 'forced' }] });
      throw new Error('Rolled back');
    });
  expect(await risen('forced', () => endAndFail().catch(() => undefined))).toBe(0);
});

test('what follows a commit runs after it, in order, and never twice', async () => {
  const { tenantId } = await givenLicense(api);
  const acts: string[] = [];
  await withTenant(deps.db, tenantId, (tx) => {
    afterCommit(tx, () => acts.push('one'));
    afterCommit(tx, () => acts.push('two'));
    acts.push('work');
    return Promise.resolve();
  });
  expect(acts).toEqual(['work', 'one', 'two']);
});

test('a session of a license that the ledger does not know any more ends well', async () => {
  const { tenantId } = await givenLicense(api);
  const ref = { tenantId, licenseId: newId('lic'), sessionId: newId('ses'), instanceKey: 'i' };
  expect(await checkLease(deps, ref)).toEqual({ status: 'ended', reason: 'lapsed' });
  expect(await lapseLease(deps, ref)).toEqual({ status: 'ended', reason: 'lapsed' });
  await expect(confirmRelease(deps, { ...ref, reason: 'lapsed' })).resolves.toBeUndefined();
});
