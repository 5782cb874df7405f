import { expect, test } from 'vitest';
import { describeUpgrade, findUpgrade, type OfferedPlan } from '../../domain/upgrade.ts';
import type { ValidatedLicense } from '../../domain/validation.ts';

const now = new Date('2026-06-01T12:00:00Z');
const offered: OfferedPlan[] = [
  plan('pro', ['builder'], { agents: 52 }),
  plan('team', ['builder'], { agents: 52, sso: true }),
  plan('enterprise', ['builder', 'runtime'], { agents: 52, sso: true }),
];

function plan(
  code: string,
  usageTypes: OfferedPlan['policy']['usageTypes'],
  features: OfferedPlan['policy']['features'],
): OfferedPlan {
  return { code, name: code.toUpperCase(), policy: { usageTypes, features } };
}

function license(overrides: ValidatedLicense['overrides'] = {}): ValidatedLicense {
  return {
    ...{ seats: 1, expiresAt: now, suspendedAt: null, revokedAt: null },
    ...{ productCode: 'ide', planPolicy: { usageTypes: ['builder'], features: {} }, overrides },
  };
}

function plansFor(
  request: { usageType?: 'builder' | 'runtime'; features?: string[] },
  overrides: ValidatedLicense['overrides'] = {},
): string[] {
  const asked = { product: 'ide', usageType: 'builder' as const, ...request };
  const upgrade = findUpgrade(license(overrides), asked, { offered, url: null, now });
  return upgrade.plans.map(({ code }) => code);
}

test('names the plans that allow the whole request, whatever else the license lacks', () => {
  expect(plansFor({ features: ['agents'] })).toEqual(['pro', 'team', 'enterprise']);
  expect(plansFor({ features: ['agents', 'sso'] })).toEqual(['team', 'enterprise']);
  expect(plansFor({ usageType: 'runtime' })).toEqual(['enterprise']);
  expect(plansFor({ features: ['betas'] })).toEqual([]);
});

test('counts with what the license keeps of its own', () => {
  expect(plansFor({ features: ['sso', 'agents'] }, { features: { sso: true } })).toHaveLength(3);
  expect(plansFor({ features: ['sso'] }, { features: { sso: false } })).toEqual([]);
  expect(plansFor({ usageType: 'runtime' }, { usageTypes: ['builder'] })).toEqual([]);
});

test('names five plans at most', () => {
  const many = Array.from({ length: 9 }, (_, n) => plan(`plan-${n}`, ['builder'], { sso: true }));
  const asked = { product: 'ide', usageType: 'builder', features: ['sso'] } as const;
  const url = 'https://acme.example/plans';
  expect(findUpgrade(license(), asked, { offered: many, url, now })).toEqual({
    plans: [0, 1, 2, 3, 4].map((n) => ({ code: `plan-${n}`, name: `PLAN-${n}` })),
    url,
  });
});

test('is told in a sentence that ends with the way there', () => {
  const [pro, team, enterprise] = offered.map(({ code, name }) => ({ code, name }));
  if (pro === undefined || team === undefined || enterprise === undefined) throw new Error();
  const url = 'https://acme.example/plans';
  expect(describeUpgrade({ plans: [pro], url })).toBe(`The plan PRO would: ${url}`);
  expect(describeUpgrade({ plans: [pro, team], url: null })).toBe('The plans PRO and TEAM would.');
  expect(describeUpgrade({ plans: [pro, team, enterprise], url })).toBe(
    `The plans PRO, TEAM and ENTERPRISE would: ${url}`,
  );
  expect(describeUpgrade({ plans: [], url })).toBe('No plan on offer would: ask the vendor.');
});
