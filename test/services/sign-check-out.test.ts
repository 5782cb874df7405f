/** The worker may die at any point of signing a license file; whatever happens, one file is kept. */
import { describe, expect, test } from 'vitest';
import { signCheckOut } from '../../services/sign-check-out.ts';
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
