import { describe, expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireMany,
  changeLicense,
  givenLicense,
  givenOtherPlan,
  problemOf,
  revoke,
  suspend,
  type GivenLicense,
} from '../../support/given.ts';

const api = await startTestApi();

async function validate(license: GivenLicense, body: Record<string, unknown> = {}) {
  const authorization = `License ${license.licenseKey}`;
  const asked = { product: license.product, ...body };
  const answer = await license.api.request('POST', '/v1/licenses/validate', {
    authorization,
    body: asked,
  });
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

describe('features that are asked for', () => {
  test('are granted, or told with the plans that have them and where they are sold', async () => {
    const upgradeUrl = 'https://acme.example/plans?from=app';
    const features = { agents: 52, sso: false, projects: { value: 0, gate: 'soft' as const } };
    const license = await givenLicense(api, { policy: { features }, upgradeUrl });
    const more = { agents: 52, sso: true, projects: 1 };
    await givenOtherPlan(license, { code: 'team', policy: { features: more } });
    await givenOtherPlan(license, {
      ...{ code: 'enterprise', policy: { features: { ...more, projects: 'unlimited' } } },
    });
    expect(await validate(license, { features: ['agents'] })).toMatchObject({ valid: true });
    expect(await validate(license, { features: ['sso', 'projects'] })).toMatchObject({
      ...{ valid: false, code: 'feature_not_granted' },
      detail: `This license does not grant the feature sso (it is off), nor the feature projects (its limit is 0; what is there may still be looked at). The plans Plan team and Plan enterprise would: ${upgradeUrl}`,
      missingFeatures: [
        { name: 'sso', value: false, gate: 'hard' },
        { name: 'projects', value: 0, gate: 'soft' },
      ],
      upgrade: { plans: [{ code: 'team' }, { code: 'enterprise' }], url: upgradeUrl },
    });
  });

  test('are never plans of another product, nor one that is not offered', async () => {
    const license = await givenLicense(api);
    await givenOtherPlan(await givenLicense(api), {
      code: 'x',
      policy: { features: { sso: true } },
    });
    await givenOtherPlan(license, {
      ...{ code: 'acme-only', offered: false, policy: { features: { agents: 52, sso: true } } },
    });
    const answer = await validate(license, { features: ['sso'], explain: true });
    expect(answer).toMatchObject({ upgrade: { plans: [], url: null } });
    expect(JSON.stringify(answer)).not.toContain('acme-only');
  });

  test('have names that a feature can have, fifty at most', async () => {
    const { licenseKey, product } = await givenLicense(api);
    const authorization = `License ${licenseKey}`;
    for (const features of [['two words'], [''], [7], 'sso', named(51)]) {
      const body = { product, features };
      const answer = await api.request('POST', '/v1/licenses/validate', { authorization, body });
      expect({ features, status: answer.status }).toEqual({ features, status: 422 });
      expect(problemOf(answer).errors?.[0]?.path).toMatch(/^features/);
    }
  });
});

describe('an explanation', () => {
  test('tells of every check in its order what it looked at, also behind the first that fails', async () => {
    const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
    await changeLicense(license, { expiresAt: '2020-01-01T00:00:00Z' });
    const asked = { usageType: 'runtime', features: ['agents', 'sso'], explain: true };
    const decision = (await validate(license, asked)) as { code: string; trace: unknown[] };
    expect(decision.code).toBe('license_expired');
    const expiresAt = '2020-01-01T00:00:00.000Z';
    const detail = expect.any(String) as string;
    const now = expect.stringMatching(/^20/) as string;
    expect(decision.trace).toEqual([
      { check: 'revoked', passed: true, input: { revokedAt: null }, detail },
      { check: 'suspended', passed: true, input: { suspendedAt: null }, detail },
      {
        ...{ check: 'expired', passed: false, code: 'license_expired' },
        ...{ input: { expiresAt, now }, detail },
      },
      {
        ...{ check: 'product', passed: true, detail },
        input: { asked: license.product, licensed: license.product },
      },
      {
        ...{ check: 'usage_type', passed: false, code: 'usage_type_not_allowed' },
        input: { asked: 'runtime', allowed: ['builder'], from: 'plan' },
        detail: expect.stringContaining('No plan on offer would') as string,
      },
      {
        ...{ check: 'feature', passed: false, code: 'feature_not_granted' },
        input: {
          asked: ['agents', 'sso'],
          entitlements: {
            agents: { value: 52, kind: 'number', gate: 'hard', from: 'plan' },
            sso: null,
          },
        },
        detail: expect.stringContaining('No plan on offer would') as string,
      },
    ]);
  });

  test('changes nothing of the decision, and is only told when it is asked for', async () => {
    const license = await givenLicense(api);
    for (const asked of [{}, { product: 'another' }, { features: ['sso'] }]) {
      const { trace, ...explained } = (await validate(license, { ...asked, explain: true })) as {
        trace: unknown[];
      };
      expect(trace).toHaveLength(6);
      expect(await validate(license, asked)).toEqual(explained);
      expect(await validate(license, { ...asked, explain: false })).toEqual(explained);
    }
  });
});

function named(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `feature${n}`);
}

test.each(['there', 'wiped', 'away'])('counts seats with Redis %s', async (redis) => {
  const own = await startTestApi();
  const license = await givenLicense(own, { seats: 2 });
  await acquireMany(license, 2);
  await acquire(license, { wait: true });
  if (redis === 'wiped') await own.redis.flush();
  if (redis === 'away') await own.redis.kill();
  expect(await validate(license)).toMatchObject({
    license: { seats: { limit: 2, used: 2, queued: 1 } },
  });
});
