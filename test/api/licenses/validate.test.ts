import { expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquireMany,
  changeLicense,
  givenLicense,
  revoke,
  suspend,
  type GivenLicense,
} from '../../support/given.ts';

const api = await startTestApi();

async function validate(license: GivenLicense, body: Record<string, unknown> = {}) {
  const authorization = `License ${license.licenseKey}`;
  const asked = { product: license.product, ...body };
  const answer = await api.request('POST', '/v1/licenses/validate', { authorization, body: asked });
  expect(answer.status).toBe(200);
  return answer.body;
}

test('decides without taking a seat, also when none is free', async () => {
  const license = await givenLicense(api, { seats: 1 });
  await acquireMany(license, 1);
  expect(await validate(license)).toMatchObject({
    valid: true,
    code: 'valid',
    license: { id: license.licenseId, status: 'active', seats: { limit: 1, used: 1 } },
    entitlements: { agents: { value: 52, kind: 'number', gate: 'hard', from: 'plan' } },
    expiresAt: null,
  });
});

test('names the first check that fails', async () => {
  const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
  const code = async (body: Record<string, unknown> = {}) =>
    ((await validate(license, body)) as { code: string }).code;
  expect(await code({ usageType: 'runtime' })).toBe('usage_type_not_allowed');
  expect(await code({ usageType: 'runtime', product: 'another' })).toBe('product_mismatch');
  await changeLicense(license, { expiresAt: '2020-01-01T00:00:00Z' });
  expect(await code({ product: 'another' })).toBe('license_expired');
  await suspend(license);
  expect(await code()).toBe('license_suspended');
  await revoke(license);
  expect(await validate(license)).toMatchObject({
    ...{ valid: false, code: 'license_revoked', license: { status: 'revoked' } },
  });
});
