/** What a vendor writes into plans and licenses is in every token: it must not get longer than verifiers take. */
import { describe, expect, test } from 'vitest';
import type { Features } from '../../domain/entitlement.ts';
import { makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { readArmor } from '../../signing/tokens/armor.ts';
import { startTestApi } from '../support/api.ts';
import { checkOut, claimsOf } from '../support/check-outs.ts';
import { givenDelegate, givenLeaseClaims } from '../support/delegate.ts';
import { givenLicense, givenOtherPlan, problemOf, testPolicy } from '../support/given.ts';

const api = await startTestApi();
const verifiersTake = 65_536;
const bytesMax = 16_384;
const sizeOf = (features: Features) => Buffer.byteLength(JSON.stringify(features));

/** Features of exactly that many bytes of JSON, in letters of which each is two. */
function featuresOf(bytes: number): Features {
  const features: Record<string, string> = {};
  const name = (n: number) => `feature${String(n).padStart(3, '0')}`;
  for (let n = 0; sizeOf(features) + 500 < bytes; n += 1) features[name(n)] = 'é'.repeat(200);
  features['rest'] = 'x';
  features['more'] = 'x';
  const left = bytes - sizeOf(features);
  features['rest'] = 'x'.repeat(1 + Math.min(left, 199));
  features['more'] = 'x'.repeat(1 + Math.max(0, left - 199));
  if (sizeOf(features) !== bytes) throw new Error(`It is ${sizeOf(features)}`);
  return features;
}

const tooLarge = {
  ...{ status: 422, code: 'invalid_request' },
  detail: expect.stringMatching(/must take at most 16384 bytes as JSON/) as string,
};

describe('a plan whose features are as large as they may be', async () => {
  const features = featuresOf(bytesMax);
  const license = await givenLicense(api, { policy: { features } });

  test('has license files that verify, with all of them', async () => {
    const { licenseFile } = await checkOut(license);
    expect(await claimsOf(licenseFile)).toMatchObject({ feat: features });
    const read = readArmor('LICENSE FILE', licenseFile);
    expect(read.isGood && read.text.length).toBeLessThan(verifiersTake / 2);
  });

  test('has lease tokens that a verifier takes', async () => {
    const claims = { ...givenLeaseClaims(1), feat: features as Record<string, string> };
    const token = await makeLeaseToken(givenDelegate('dlg_1').signer, claims);
    expect(token.length).toBeLessThan(verifiersTake / 2);
  });

  test('leaves its licenses no room for one more', async () => {
    await givenOtherPlan(license, { code: 'other', policy: { features: { extra: false } } });
    const body = { features: { extra: true } };
    const path = `/v1/licenses/${license.licenseId}`;
    expect(problemOf(await api.asOperator('PATCH', path, { body }))).toMatchObject(tooLarge);
    const { tenantId, productId, planId } = license;
    const issued = await api.asOperator('POST', '/v1/licenses', {
      tenantId,
      body: { productId, planId, overrides: body },
    });
    expect(problemOf(issued)).toMatchObject(tooLarge);
  });
});

test('a plan is refused whose features are a byte larger', async () => {
  const { productId } = await givenLicense(api);
  const policy = { ...testPolicy, features: featuresOf(bytesMax + 1) };
  const body = { productId, code: 'large', name: 'Large', policy };
  expect(problemOf(await api.asOperator('POST', '/v1/plans', { body }))).toMatchObject(tooLarge);
});
