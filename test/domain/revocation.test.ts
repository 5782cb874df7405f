import { expect, test } from 'vitest';
import { fullnessOf, licenseListedMs, listedMax } from '../../domain/revocation.ts';
import { newId } from '../../platform/ids.ts';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { givenRoot } from '../support/roots.ts';

test('a list of all that there is room for is one that verifiers take, whatever it names', async () => {
  const [longest, license] = [2 ** 53 - 1, newId('lic')];
  const token = await makeRevocationList(givenRoot(1).signer, {
    ...{ issuer: `https://${'a'.repeat(250)}`, seq: longest, at: 4_000_000_000 },
    keys: Array<string>(listedMax.key).fill(newId('dlg')),
    licenses: Array<string>(listedMax.license).fill(license),
    leases: Array.from({ length: listedMax.leases }, () => ({
      ...{ license, epoch: longest, fences: [longest, longest] as [number, number] },
    })),
  });
  expect(token.length).toBeLessThan(600_000);
});

test('a license is listed until its last file has ended by every clock', () => {
  expect(licenseListedMs).toBe(367 * 86_400_000);
});

test('a list is as full as its fullest kind', () => {
  expect(fullnessOf({ key: 0, license: 0, leases: 0 })).toBe(0);
  expect(fullnessOf({ key: 5, license: 5_000, leases: 100 })).toBe(0.5);
  expect(fullnessOf({ key: 500, license: 5_000, leases: 100 })).toBe(1);
  expect(fullnessOf({ key: 0, license: 0, leases: 400 })).toBe(0.8);
});
