/** A file whose root is revoked is worth nothing: nobody is given it again, and the present root signs it anew. */
import { decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { KmsFault } from '../../platform/kms-faults.ts';
import { newId } from '../../platform/ids.ts';
import { revokeKey } from '../../services/revocations.ts';
import { signCheckOut } from '../../services/sign-check-out.ts';
import { readArmor } from '../../signing/tokens/armor.ts';
import { startTestApi } from '../support/api.ts';
import {
  askCheckOut,
  claimsOf,
  fileIssuer,
  givenCheckOut,
  runTerm,
  showCheckOut,
  type CheckOutAnswer,
} from '../support/check-outs.ts';
import {
  changeLicense,
  givenLicense,
  problemOf,
  readLicense,
  suspend,
  type GivenLicense,
} from '../support/given.ts';
import { eventually } from '../support/eventually.ts';
import { givenRoot, type HeldRoot } from '../support/roots.ts';
import { givenRootRow } from '../support/signing-rows.ts';

const api = await startTestApi();
const db = api.deps.systemDb;
const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;
const present = givenRoot(1);
await givenRootRow(db, 1, 'active');
let version = 100;

/** Another root, which signed before. Its key is that of the present one: nobody verifies what it signed. */
async function givenOldRoot(): Promise<HeldRoot & { revoke: () => Promise<unknown> }> {
  const kid = await givenRootRow(db, (version += 1), 'retired');
  const signer = { ...present.signer, kid };
  const revoke = () => revokeKey(api.deps, context, { kid, reason: 'Abused' });
  return { ...present, signer, revoke };
}

/** A license with a file of a root that is revoked since. */
async function givenVoidFile() {
  const license = await givenLicense(api, { seats: 1 });
  const root = await givenOldRoot();
  const id = await givenCheckOut(license);
  await runTerm(license, root);
  expect(kidOf(await shown(license, id))).toBe(root.signer.kid);
  await root.revoke();
  return { license, id };
}

function kidOf({ licenseFile = '' }: CheckOutAnswer): string | undefined {
  const read = readArmor('LICENSE FILE', licenseFile);
  return read.isGood ? decodeProtectedHeader(read.text).kid : read.fault;
}

const shown = async (license: GivenLicense, id: string) =>
  (await showCheckOut(license, id)).body as CheckOutAnswer;

const messagesOf = async ({ licenseId }: GivenLicense) => {
  const { rows } = await sql<{ signal: string }>`
    select signal from outbox where workflow_id like ${`%/${licenseId}`} order by id`.execute(db);
  return rows.map(({ signal }) => signal);
};

describe('the file of a root that was revoked', () => {
  test('is not shown any more, and is signed anew by the present root', async () => {
    const { license, id } = await givenVoidFile();
    const waiting = await shown(license, id);
    expect(waiting.checkOut).toMatchObject({ status: 'pending', expiresAt: null });
    expect(waiting).not.toHaveProperty('licenseFile');
    expect(await runTerm(license)).toMatchObject({ open: 1, pending: [] });
    const renewed = await shown(license, id);
    expect(renewed.checkOut).toMatchObject({ status: 'signed' });
    expect(kidOf(renewed)).toBe('root-1');
    expect(await claimsOf(renewed.licenseFile ?? '')).toMatchObject({ jti: id });
  });

  test('is not what the same wish answers: it waits for the new one, and takes no second seat', async () => {
    const { license, id } = await givenVoidFile();
    await changeLicense(license, { seats: 2 });
    const before = await messagesOf(license);
    const asked = await askCheckOut(license);
    expect(asked).toMatchObject({ status: 202, body: { checkOut: { id, status: 'pending' } } });
    expect(await messagesOf(license)).toEqual([...before, 'checkOutRequested']);
    await runTerm(license);
    const again = await askCheckOut(license);
    expect(again.status).toBe(201);
    expect(kidOf(again.body as CheckOutAnswer)).toBe('root-1');
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('has its license’s workflow told, and no other', async () => {
    const other = await givenLicense(api);
    await givenCheckOut(other);
    await runTerm(other);
    const before = await messagesOf(other);
    const { license } = await givenVoidFile();
    expect((await messagesOf(license)).at(-1)).toBe('factsChanged');
    expect(await messagesOf(other)).toEqual(before);
  });

  test('says what the license allows by now, and its device holds the seat until both have ended', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const root = await givenOldRoot();
    const id = await givenCheckOut(license, 7_200);
    await runTerm(license, root);
    const { expiresAt: before } = (await shown(license, id)).checkOut;
    const soon = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
    await changeLicense(license, { expiresAt: soon.toISOString() });
    await root.revoke();
    await runTerm(license);
    const { checkOut, licenseFile = '' } = await shown(license, id);
    expect((await claimsOf(licenseFile)).exp).toBe(soon.getTime() / 1_000);
    expect(checkOut.expiresAt).toBe(before);
  });

  test('of a license that cannot be used now waits until it can, and keeps its seat', async () => {
    const { license, id } = await givenVoidFile();
    await suspend(license);
    expect(await runTerm(license)).toMatchObject({ open: 1, pending: [] });
    expect((await shown(license, id)).checkOut.status).toBe('pending');
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('is asked for again while the key must be mended, and its device keeps the seat', async () => {
    const { license, id } = await givenVoidFile();
    const ref = { tenantId: license.tenantId, licenseId: license.licenseId, checkOutId: id };
    const root = () => Promise.reject(new KmsFault('Another key'));
    const signing = signCheckOut(api.deps, ref, { root, issuer: fileIssuer });
    await expect(signing).rejects.toMatchObject({ code: 'unavailable' });
    expect((await shown(license, id)).checkOut.status).toBe('pending');
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('is not waited for where there is no key to sign with', async () => {
    const { license } = await givenVoidFile();
    const { database, redis } = api;
    const keyless = await startTestApi({ database, redis, hasRootKey: false });
    const refused = await askCheckOut({ ...license, api: keyless });
    expect(problemOf(refused)).toMatchObject({ status: 503, code: 'unavailable' });
  });
});

test('a file of a root that nobody knows is signed anew', async () => {
  const license = await givenLicense(api);
  const id = await givenCheckOut(license);
  await runTerm(license);
  await sql`update check_outs set root_kid = null where id = ${id}`.execute(db);
  expect((await shown(license, id)).checkOut.status).toBe('pending');
  await runTerm(license);
  expect(kidOf(await shown(license, id))).toBe('root-1');
});

test('the standing file of a plan that counts no copies is signed anew, and stands alone', async () => {
  const licenseFiles = { needsDevice: false, hoursMax: 8_760 };
  const license = await givenLicense(api, { policy: { licenseFiles } });
  const root = await givenOldRoot();
  expect(await runTerm(license, root)).toMatchObject({ open: 1, pending: [] });
  await root.revoke();
  expect(await runTerm(license)).toMatchObject({ open: 1, pending: [] });
  const standing = await askCheckOut(license, { device: undefined });
  expect(standing.status).toBe(201);
  expect(kidOf(standing.body as CheckOutAnswer)).toBe('root-1');
});

test('a root is revoked before a file of it is kept, or finds it: none is forgotten', async () => {
  const license = await givenLicense(api);
  const checkOutId = await givenCheckOut(license);
  const { tenantId, licenseId } = license;
  const { signer, revoke } = await givenOldRoot();
  const blocked = async () => {
    const { rows } = await sql<{ count: number }>`select count(*)::int from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
    return rows[0]?.count ?? 0;
  };
  let isRevoked = false;
  const acts = await db.transaction().execute(async (tx) => {
    await sql`select from check_outs where id = ${checkOutId} for update`.execute(tx);
    const root = () => Promise.resolve({ signer });
    const ref = { tenantId, licenseId, checkOutId };
    const signing = signCheckOut(api.deps, ref, { root, issuer: fileIssuer });
    await eventually(async () => (await blocked()) === 1);
    const revoking = revoke().then(() => (isRevoked = true));
    await eventually(async () => isRevoked || (await blocked()) === 2);
    return [signing, revoking];
  });
  await Promise.all(acts);
  expect((await messagesOf(license)).at(-1)).toBe('factsChanged');
  await runTerm(license);
  expect(kidOf(await shown(license, checkOutId))).toBe('root-1');
});

test('a file is handed to nobody when its root is revoked while it signs', async () => {
  const license = await givenLicense(api);
  const id = await givenCheckOut(license);
  const ref = { tenantId: license.tenantId, licenseId: license.licenseId, checkOutId: id };
  const { signer, revoke } = await givenOldRoot();
  const root = async () => {
    await revoke();
    return { signer };
  };
  await signCheckOut(api.deps, ref, { root, issuer: fileIssuer });
  expect(await shown(license, id)).not.toHaveProperty('licenseFile');
  await runTerm(license);
  expect(kidOf(await shown(license, id))).toBe('root-1');
});
