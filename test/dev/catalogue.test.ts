import { expect, test } from 'vitest';
import { policySchema } from '../../api/plans/policy-schema.ts';
import { catalogue } from '../../dev/catalogue.ts';
import {
  faultOfPlanFeatures,
  featureOf,
  isGranted,
  resolveEntitlements,
  tokenFeatures,
} from '../../domain/entitlement.ts';
import { faultOfPolicy, type Policy } from '../../domain/policy.ts';

const codes = ['free', 'pro', 'team', 'enterprise'];

/** The default catalogue as it was decided: a row for each figure, a column for each plan. */
const table: readonly [row: string, read: (policy: Policy) => unknown, ...figures: unknown[]][] = [
  ['seats from', ({ seats }) => seats.min, 1, 1, 5, 1],
  ['seats to', ({ seats }) => seats.max, 1, 1, 100, 100_000],
  ['lease, s', ({ leaseSeconds }) => leaseSeconds, 360, 360, 360, 360],
  ['heartbeat, s', ({ heartbeatSeconds }) => heartbeatSeconds, 120, 120, 120, 120],
  ['offline grace, h', ({ offlineGraceHours }) => offlineGraceHours, 24, 72, 120, 168],
  ['offline allowance', ({ offlineAllowance }) => offlineAllowance, 0, 1, 'seats', 'seats'],
  ['license files of a device, h', fileHours, undefined, 720, 2_160, 8_760],
  ['devices', ({ devicesMax }) => devicesMax, 1, 3, null, null],
  ['overdraft seats', ({ overdraft }) => overdraft, 0, 0, 0, 0],
  ['holders per session', ({ holdersMax }) => holdersMax, 16, 16, 16, 16],
  ['queue length', ({ queue }) => queue?.lengthMax, undefined, undefined, 50, 500],
  ['longest wait, s', ({ queue }) => queue?.waitMaxSeconds, undefined, undefined, 3_600, 28_800],
  ['offer, s', ({ queue }) => queue?.offerSeconds, undefined, undefined, 30, 30],
  ['liveness, s', ({ queue }) => queue?.livenessSeconds, undefined, undefined, 60, 60],
  ['for a person at work', uses('builder'), true, true, true, true],
  ['in a shipped product', uses('runtime'), false, false, false, true],
  ['agents', limitOf('agents'), 5, 52, 52, 52],
  ['commands', limitOf('commands'), 10, 81, 81, 81],
  ['skills', limitOf('skills'), undefined, 26, 26, 26],
  ['projects', limitOf('projects'), 1, 'unlimited', 'unlimited', 'unlimited'],
  ['floating seats', has('floatingSeats'), false, false, true, true],
  ['team dashboard', has('teamDashboard'), false, false, true, true],
  ['SSO', has('sso'), false, false, false, true],
  ['SLA', has('sla'), false, false, false, true],
  ['custom agents', has('customAgents'), false, false, false, true],
  ['runtime licensing', has('runtimeLicensing'), false, false, false, true],
];

test.each(table)('%s', (_row, read, ...figures) => {
  expect(codes.map((code) => read(policyOf(code)))).toEqual(figures);
});

test('names no feature that the table does not', () => {
  const names = catalogue.flatMap(({ policy }) => Object.keys(policy.features));
  expect([...new Set(names)].toSorted()).toEqual([
    ...['agents', 'commands', 'customAgents', 'floatingSeats', 'projects', 'runtimeLicensing'],
    ...['skills', 'sla', 'sso', 'teamDashboard'],
  ]);
});

test('the demo plan tries everything, quickly', () => {
  const { features, ...rules } = policyOf('demo');
  expect(features).toEqual(policyOf('enterprise').features);
  expect(rules).toMatchObject({
    ...{ seats: { min: 1, max: 1_000 }, leaseSeconds: 15, heartbeatSeconds: 5, holdersMax: 16 },
    queue: { lengthMax: 500, waitMaxSeconds: 3_600, offerSeconds: 15, livenessSeconds: 30 },
    ...{ overdraft: 0, usageTypes: ['builder', 'runtime'], offlineGraceHours: 1 },
    ...{ offlineAllowance: 'seats', devicesMax: null, namesHolders: true },
  });
});

test('what a customer made stays in every plan, to be looked at', () => {
  for (const { code, policy } of catalogue) {
    const entitlements = resolveEntitlements(policy.features);
    const soft = Object.keys(entitlements).filter((name) => entitlements[name]?.gate === 'soft');
    expect({ code, soft }).toEqual({ code, soft: ['projects', 'customAgents'] });
  }
});

test('is a catalogue that the API takes', () => {
  for (const { policy } of catalogue) {
    expect(policySchema.parse(policy)).toEqual(policy);
    expect(faultOfPolicy(policy)).toBeNull();
    for (const other of catalogue) {
      expect(faultOfPlanFeatures(policy.features, other.policy.features)).toBeNull();
    }
  }
});

function policyOf(code: string): Policy {
  const plan = catalogue.find((one) => one.code === code);
  if (plan === undefined) throw new Error(`The catalogue has no plan ${code}`);
  return plan.policy;
}

function fileHours({ licenseFiles }: Policy) {
  // A file that is bound to no device would give more copies than the seats that were sold.
  expect(licenseFiles?.needsDevice).not.toBe(false);
  return licenseFiles?.hoursMax;
}

function uses(usageType: Policy['usageTypes'][number]) {
  return ({ usageTypes }: Policy) => usageTypes.includes(usageType);
}

function limitOf(name: string) {
  return ({ features }: Policy) => featureOf(tokenFeatures(resolveEntitlements(features)), name);
}

function has(name: string) {
  const read = limitOf(name);
  return (policy: Policy) => isGranted(read(policy));
}
