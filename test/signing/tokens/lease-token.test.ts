import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { makeLeaseToken } from '../../../signing/tokens/lease-token.ts';
import { givenDelegate, givenLeaseClaims } from '../../support/delegate.ts';

const { signer } = givenDelegate('d1');
const claims = givenLeaseClaims(1_800_000_000);

test('names its type, its key and the algorithm of the key', async () => {
  const token = await makeLeaseToken(signer, claims);
  expect(decodeProtectedHeader(token)).toEqual({ typ: 'lic-lease+jwt', alg: 'Ed25519', kid: 'd1' });
  expect(decodeJwt(token)).toEqual(claims);
});

test('carries nothing of a person or a device, whatever it was made from', async () => {
  const device = { fp: ['a1'], fingerprint: 'a1', name: 'Ann’s laptop', email: 'ann@example.com' };
  const token = await makeLeaseToken(signer, { ...claims, ...device });
  expect(decodeJwt(token)).toEqual(claims);
});

test.each([
  ['before it begins', { lease_until: claims.iat - 1 }],
  ['after the right to go on offline', { lease_until: claims.exp + 1 }],
])('is not made for a seat that ends %s', async (_when, changed) => {
  await expect(makeLeaseToken(signer, { ...claims, ...changed })).rejects.toThrow();
});
