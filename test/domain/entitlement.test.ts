import { describe, expect, test } from 'vitest';
import {
  faultOfOwnFeatures,
  faultOfPlanFeatures,
  featureOf,
  featuresMax,
  isGranted,
  resolveEntitlements,
  tokenFeatures,
  type Features,
} from '../../domain/entitlement.ts';

const plan: Features = {
  agents: 5,
  projects: { value: 1, gate: 'soft' },
  sso: false,
  support: 'mail',
};

describe('the entitlements of a license', () => {
  test('are its plan’s; a plain value is a hard gate, and each has the kind of its value', () => {
    expect(resolveEntitlements(plan)).toEqual({
      agents: { value: 5, kind: 'number', gate: 'hard', from: 'plan' },
      projects: { value: 1, kind: 'number', gate: 'soft', from: 'plan' },
      sso: { value: false, kind: 'boolean', gate: 'hard', from: 'plan' },
      support: { value: 'mail', kind: 'text', gate: 'hard', from: 'plan' },
    });
  });

  test('show what the license replaces: a value under the plan’s gate, or both', () => {
    const own: Features = { projects: 3, agents: { value: 9, gate: 'soft' }, seats3d: true };
    expect(resolveEntitlements(plan, own)).toEqual({
      ...resolveEntitlements(plan),
      agents: { value: 9, kind: 'number', gate: 'soft', from: 'license' },
      projects: { value: 3, kind: 'number', gate: 'soft', from: 'license' },
      seats3d: { value: true, kind: 'boolean', gate: 'hard', from: 'license' },
    });
  });

  test('are the license’s also where it says what the plan says', () => {
    expect(resolveEntitlements(plan, { agents: 5 })['agents']).toMatchObject({ from: 'license' });
  });

  test('leave the plan as it was', () => {
    const before = structuredClone(plan);
    resolveEntitlements(plan, { projects: 3 });
    expect(plan).toEqual(before);
  });

  test('travel in tokens as plain values', () => {
    const entitlements = resolveEntitlements(plan, { projects: 'unlimited' });
    expect(tokenFeatures(entitlements)).toEqual({
      ...{ agents: 5, projects: 'unlimited', sso: false, support: 'mail' },
    });
  });
});

describe('a feature', () => {
  test('grants one thing more while it is on, below its limit, or a text', () => {
    expect([isGranted(true), isGranted(false), isGranted(undefined)]).toEqual([true, false, false]);
    expect([isGranted(2), isGranted(2, 1), isGranted(2, 2), isGranted(0)]).toEqual([
      ...[true, true, false, false],
    ]);
    expect([isGranted('unlimited', 1e9), isGranted('mail', 3)]).toEqual([true, true]);
  });

  test('is never what every object has by itself', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(featureOf(plan, name)).toBeUndefined();
    }
    expect(faultOfOwnFeatures({ toString: true }, { plan, known: {} })?.name).toBe('toString');
    expect(faultOfPlanFeatures({ constructor: true }, {})).toBeNull();
  });
});

describe('a plan', () => {
  test('has features of the kinds that they have in the product’s other plans', () => {
    const known: Features = { projects: 'unlimited', sso: { value: true, gate: 'soft' } };
    expect(faultOfPlanFeatures(plan, known)).toBeNull();
    expect(faultOfPlanFeatures(plan, { sso: 'saml' })).toMatchObject({ name: 'sso' });
    expect(faultOfPlanFeatures({ projects: 'many' }, known)).toEqual({
      name: 'projects',
      message: "must be a number or 'unlimited', as in the product’s other plans",
    });
  });

  test('has no more features than a token may carry', () => {
    const many = (count: number, length: number): Features =>
      Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`feature${n}`, '€'.repeat(length)]),
      );
    expect(faultOfPlanFeatures(many(featuresMax, 10), {})).toBeNull();
    expect(faultOfPlanFeatures(many(featuresMax, 30), {})).toMatchObject({ name: null });
    const [some, known] = [many(150, 3), { ...many(150, 3), ...renamed(many(150, 3)) }];
    const fault = faultOfOwnFeatures(renamed(some), { plan: some, known });
    expect(fault).toMatchObject({ name: null, message: expect.stringContaining('200') as string });
  });
});

function renamed(features: Features): Features {
  return Object.fromEntries(Object.entries(features).map(([name, one]) => [`own.${name}`, one]));
}

describe('a license', () => {
  const known: Features = { customAgents: true };

  test('replaces features of its plan and has others of its product', () => {
    expect(faultOfOwnFeatures({ agents: 7, customAgents: true }, { plan, known })).toBeNull();
    expect(faultOfOwnFeatures({}, { plan, known: {} })).toBeNull();
  });

  test('has none that its product does not know, and none of another kind', () => {
    expect(faultOfOwnFeatures({ agnets: 7 }, { plan, known })).toMatchObject({ name: 'agnets' });
    expect(faultOfOwnFeatures({ agents: true }, { plan, known })).toMatchObject({ name: 'agents' });
    expect(faultOfOwnFeatures({ customAgents: 3 }, { plan, known })).toEqual({
      name: 'customAgents',
      message: 'must be a boolean, as in the product’s other plans',
    });
  });
});
