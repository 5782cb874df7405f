import { WorkflowNotFoundError } from '@temporalio/client';
import { sql } from 'kysely';
import { afterAll, describe, expect, test } from 'vitest';
import { LicensingError } from '../../domain/errors.ts';
import { connectTemporalWorker } from '../../platform/temporal-worker.ts';
import { connectTemporal } from '../../platform/temporal.ts';
import { changeTerms, revoke, suspend } from '../../services/license-changes.ts';
import { licenseSignals, stateQuery, type LicenseTermProgress } from '../../workflows/contract.ts';
import { claimsOf, fileIssuer } from '../support/check-outs.ts';
import { quietTemporal } from '../support/quiet-temporal.ts';
import { givenRoot } from '../support/roots.ts';
import { temporalAddress } from '../support/temporal.ts';
import type { TestLicense } from './seat-stores.ts';
import { useSeatWorld } from './use-seat-world.ts';

quietTemporal();
const config = { TEMPORAL_ADDRESS: temporalAddress(), TEMPORAL_NAMESPACE: 'default' };
const temporal = connectTemporal(config);
const connection = await connectTemporalWorker(config);
afterAll(() => Promise.all([temporal.close(), connection.close()]));
const { signer } = givenRoot(1);
const kms = { isAway: false, asked: 0 };
const world = await useSeatWorld({
  client: temporal.client,
  connection,
  taskQueue: `term-${crypto.randomUUID()}`,
  figures: { leaseMs: 60_000, offerMs: 10_000, livenessMs: 60_000, queueWaitMs: 120_000 },
  signing: {
    issuer: fileIssuer,
    root: () => {
      kms.asked += 1;
      if (kms.isAway) throw new LicensingError('unavailable', 'The signing key does not answer.');
      return Promise.resolve({ signer });
    },
  },
});
const patience = { timeout: 20_000 };
const forDevices = { licenseFiles: { needsDevice: true, hoursMax: 24 } };
const forAll = { licenseFiles: { needsDevice: false, hoursMax: 24 } };

/** The workflow may not have started yet. */
const resultOf = (license: TestLicense) => async () =>
  world
    .termOf(license)
    .result()
    .catch((error: unknown) => {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    });
const stateOf = (license: TestLicense) =>
  world.termOf(license).query<LicenseTermProgress>(stateQuery);
const statusOf = (license: TestLicense, id: string) => async () =>
  (await world.checkOutRow(license, id))?.status;
const runOf = async (license: TestLicense) => (await world.termOf(license).describe()).runId;

async function signed(license: TestLicense, fingerprint = 'mine'): Promise<string> {
  const id = await world.checkOut(license, fingerprint);
  await expect.poll(statusOf(license, id), patience).toBe('signed');
  return id;
}

async function standingFiles({ licenseId }: TestLicense) {
  return world.deps.systemDb
    .selectFrom('checkOuts')
    .select(['id', 'file'])
    .where('licenseId', '=', licenseId)
    .where('status', '=', 'signed')
    .orderBy('id')
    .execute();
}

describe('the workflow of a license', () => {
  test('completes at once when the license has no files', async () => {
    const license = await world.issueLicense(1);
    await expect.poll(resultOf(license), patience).toEqual({ status: 'active' });
    const { historyLength } = await world.termOf(license).describe();
    expect(historyLength).toBeLessThan(15);
  });

  test('signs a file that was asked for, and lives as long as somebody may believe it', async () => {
    const license = await world.issueLicense(1, forDevices);
    await expect.poll(resultOf(license), patience).toEqual({ status: 'active' });
    const id = await signed(license);
    const row = await world.checkOutRow(license, id);
    expect(await claimsOf(row?.file ?? '')).toMatchObject({ jti: id, sub: license.licenseId });
    await expect
      .poll(() => stateOf(license), patience)
      .toMatchObject({ status: 'active', open: 1, pending: [], signals: 1 });
    const { nextAt } = await stateOf(license);
    expect(nextAt).toBe((row?.fileExpiresAt?.getTime() ?? 0) + 60_000);

    await world.checkIn(license, id, 'mine');
    expect(await world.termOf(license).result()).toEqual({ status: 'active' });
  });

  test('gives the seat back when a file has run out by every clock', async () => {
    const license = await world.issueLicense(1, forDevices);
    const id = await signed(license);
    await sql`update check_outs set file_expires_at = now() - interval '58 seconds',
      signed_at = now() - interval '1 hour' where id = ${id}`.execute(world.deps.systemDb);
    await world.termOf(license).signal(licenseSignals.factsChanged, { eventId: 'evt_1' });
    expect(await world.termOf(license).result()).toEqual({ status: 'active' });
    expect(await world.checkOutRow(license, id)).toMatchObject({ status: 'expired' });
    const session = await world.acquire(license, 'somebody');
    expect(await world.held(license)).toEqual([session.sessionId]);
  });

  test('ends every file of a license that is revoked', async () => {
    const license = await world.issueLicense(2, forDevices);
    const ids = [await signed(license, 'one'), await signed(license, 'two')];
    await world.changeLicense(license, revoke('Unpaid'));
    expect(await world.termOf(license).result()).toEqual({ status: 'revoked' });
    for (const id of ids) expect(await statusOf(license, id)()).toBe('revoked');
    const { typedSearchAttributes } = await world.termOf(license).describe();
    const found = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(found)).toMatchObject({
      ...{ TenantId: license.tenantId, LicenseId: license.licenseId, Status: 'revoked' },
    });
  });

  test('keeps one file without a device where the plan counts no copies, and renews it by what changes', async () => {
    const license = await world.issueLicense(1, forAll);
    await expect.poll(() => standingFiles(license), patience).toHaveLength(1);
    await world.changeLicense(license, changeTerms({ seats: 7 }));
    await expect.poll(() => standingFiles(license), patience).toHaveLength(2);
    const [, newest] = await standingFiles(license);
    expect(await claimsOf(newest?.file ?? '')).toMatchObject({ seats: 7 });
    const { asked } = kms;
    await world.termOf(license).signal(licenseSignals.factsChanged, { eventId: 'evt_1' });
    await expect.poll(async () => (await stateOf(license)).signals, patience).toBe(3);
    expect(kms.asked).toBe(asked);
    await world.termOf(license).cancel();
  });
});

describe('while the signing key is away', () => {
  test('a file waits, and follows when it is back', async () => {
    const license = await world.issueLicense(1, forDevices);
    kms.isAway = true;
    const { asked } = kms;
    const id = await world.checkOut(license, 'mine');
    await expect.poll(() => kms.asked, patience).toBeGreaterThan(asked + 1);
    expect(await statusOf(license, id)()).toBe('pending');
    kms.isAway = false;
    await expect.poll(statusOf(license, id), patience).toBe('signed');
    await world.checkIn(license, id, 'mine');
  });

  test('the seats of files that are over are given back, though another waits', async () => {
    const license = await world.issueLicense(2, forDevices);
    const over = await signed(license, 'one');
    kms.isAway = true;
    const { asked } = kms;
    const waiting = await world.checkOut(license, 'two');
    await expect.poll(() => kms.asked, patience).toBeGreaterThan(asked);
    await sql`update check_outs set file_expires_at = now() - interval '2 minutes',
      signed_at = now() - interval '1 hour' where id = ${over}`.execute(world.deps.systemDb);
    await world.termOf(license).signal(licenseSignals.factsChanged, { eventId: 'evt_1' });
    await expect.poll(statusOf(license, over), patience).toBe('expired');
    expect(await statusOf(license, waiting)()).toBe('pending');
    kms.isAway = false;
    await expect.poll(statusOf(license, waiting), patience).toBe('signed');
    await world.checkIn(license, waiting, 'two');
  });

  test.each([
    ['revoked', revoke('Unpaid'), 'revoked'],
    ['suspended', suspend('Unpaid'), 'failed'],
  ])(
    'a license that is %s is heard of, and its file is not signed later',
    async (status, change, end) => {
      const license = await world.issueLicense(1, forDevices);
      kms.isAway = true;
      const { asked } = kms;
      const id = await world.checkOut(license, 'mine');
      await expect.poll(() => kms.asked, patience).toBeGreaterThan(asked);
      await world.changeLicense(license, change);
      await expect.poll(statusOf(license, id), patience).toBe(end);
      await expect.poll(resultOf(license), patience).toEqual({ status });
      kms.isAway = false;
      expect((await world.checkOutRow(license, id))?.file).toBeNull();
    },
  );
});

test('a long life goes on in a new run, which knows what the former one knew', async () => {
  const license = await world.issueLicense(1, forDevices);
  const id = await signed(license);
  const runId = await runOf(license);
  let sent = 0;
  while ((await runOf(license)) === runId) {
    expect(sent).toBeLessThan(2_000);
    const signals = Array.from({ length: 50 }, (_, n) =>
      world.termOf(license).signal(licenseSignals.factsChanged, { eventId: `evt_${sent + n}` }),
    );
    sent += (await Promise.all(signals)).length;
    // The next ones only when these have been heard: a run cannot end while more arrive.
    await expect
      .poll(async () => (await stateOf(license)).signals, patience)
      .toBeGreaterThanOrEqual(sent);
  }
  expect(await stateOf(license)).toMatchObject({ open: 1 });
  expect((await stateOf(license)).signals).toBeGreaterThanOrEqual(sent);
  await world.checkIn(license, id, 'mine');
  expect(await world.termOf(license).result()).toEqual({ status: 'active' });
}, 90_000);
