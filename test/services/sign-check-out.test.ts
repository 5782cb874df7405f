/** The worker may die at any point of signing a license file; whatever happens, one file is kept. */
import type { JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import { createLicenseActivities } from '../../activities/licenses.ts';
import { insertRevocationList } from '../../data/revocation-lists.ts';
import { signCheckOut } from '../../services/sign-check-out.ts';
import { verifyLicenseFile } from '../../signing/tokens/license-file.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { trustPinned } from '../../signing/tokens/root-list.ts';
import { startTestApi } from '../support/api.ts';
import {
  askCheckOut,
  claimsOf,
  fileIssuer,
  licenseActivities,
  runTerm,
  showCheckOut,
  type CheckOutAnswer,
} from '../support/check-outs.ts';
import { givenLicense, revoke, suspend, type GivenLicense } from '../support/given.ts';
import { filePoints } from '../support/file-points.ts';
import { startTestKms } from '../support/kms.ts';
import { givenRoot } from '../support/roots.ts';

const api = await startTestApi();
const { signer } = givenRoot(1);

async function asked(license: GivenLicense) {
  const { checkOut } = (await askCheckOut(license)).body as CheckOutAnswer;
  const { tenantId, licenseId } = license;
  return { tenantId, licenseId, checkOutId: checkOut.id };
}

async function shown(license: GivenLicense, id: string): Promise<CheckOutAnswer> {
  return (await showCheckOut(license, id)).body as CheckOutAnswer;
}

test.each(filePoints)('who dies at %s leaves what the next try finishes', async (point) => {
  const license = await givenLicense(api);
  const ref = await asked(license);
  const { signLicenseFile } = licenseActivities(api);
  const stop = api.whenReached(point, () => {
    throw new Error('The process died here');
  });
  await expect(signLicenseFile(ref)).rejects.toThrow('died');
  stop();
  await signLicenseFile(ref);
  const first = await shown(license, ref.checkOutId);
  expect(first.checkOut.status).toBe('signed');
  await claimsOf(first.licenseFile ?? '');
  await signLicenseFile(ref);
  expect(await shown(license, ref.checkOutId)).toEqual(first);
});

describe('a license that is withdrawn while its file is being signed', () => {
  test.each([
    ['revoked', revoke],
    ['suspended', suspend],
  ])('%s: the file is handed to nobody', async (_how, withdraw) => {
    const license = await givenLicense(api);
    const ref = await asked(license);
    const root = async () => {
      await withdraw(license);
      return { signer };
    };
    await signCheckOut(api.deps, ref, { root, issuer: fileIssuer });
    expect(await shown(license, ref.checkOutId)).not.toHaveProperty('licenseFile');
    expect(await runTerm(license)).toMatchObject({ open: 0, pending: [] });
  });
});

test('the root in Cloud KMS signs it, and the audit log says so', async () => {
  const kms = await startTestKms();
  const signing = await startTestApi({ kms, database: api.database, redis: api.redis });
  const license = await givenLicense(signing);
  const ref = await asked(license);
  const now = new Date();
  const list = { seq: 7, rootKid: 'root-1', token: 'list', nextUpdate: now, createdAt: now };
  await insertRevocationList(signing.deps.systemDb, list);
  const { signLicenseFile } = createLicenseActivities(signing.deps);
  await signLicenseFile(ref);
  const { licenseFile = '' } = await shown(license, ref.checkOutId);
  const { keys } = (await (
    await fetch(`${signing.url}/.well-known/jwks.json`)
  ).json()) as JSONWebKeySet;
  const roots = trustPinned({ keys: keys.filter(({ alg }) => alg === 'PS256') }).roots;
  const at = Math.floor(Date.now() / 1_000);
  const demand = { roots, revoked: nothingRevoked, at, audience: license.product, device: null };
  expect(await verifyLicenseFile(licenseFile, demand)).toMatchObject({
    ...{ isGood: true, kid: 'root-1' },
    claims: { jti: ref.checkOutId, iss: signing.deps.signing.issuer, rev_seq: 7 },
  });
  const entries = await api.deps.systemDb
    .selectFrom('auditLog')
    .selectAll()
    .where('action', '=', 'kms.signed')
    .where('tenantId', '=', license.tenantId)
    .execute();
  expect(entries).toMatchObject([
    { subjectId: 'root-1', detail: { typ: 'lic-file+jwt', jti: ref.checkOutId } },
  ]);
});
