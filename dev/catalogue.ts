/** The default catalogue: plans as data, seeded once and editable from then on. */
import type { Feature } from '../domain/entitlement.ts';
import type { Policy, QueuePolicy } from '../domain/policy.ts';

export interface CataloguePlan {
  code: string;
  name: string;
  /** Whether denials may name it as a way out. Default: true. */
  offered?: boolean;
  policy: Policy;
}

const common = {
  leaseSeconds: 360,
  heartbeatSeconds: 120,
  holdersMax: 16,
  overdraft: 0,
  queue: null,
  usageTypes: ['builder'],
  licenseFiles: null,
  namesHolders: true,
} satisfies Partial<Policy>;

const queueOf = (lengthMax: number, waitMaxHours: number): QueuePolicy => ({
  lengthMax,
  waitMaxSeconds: waitMaxHours * 3_600,
  offerSeconds: 30,
  livenessSeconds: 60,
});

/**
 * What a customer made stays when a plan has less room for it: projects beyond the limit, and custom
 * agents, are looked at and no longer changed. What the vendor ships beyond a limit is simply not there.
 */
const kept = (value: boolean | number | string): Feature => ({ value, gate: 'soft' });

const freeFeatures = { agents: 5, commands: 10, projects: kept(1), customAgents: kept(false) };
const proFeatures = {
  ...freeFeatures,
  agents: 52,
  commands: 81,
  skills: 26,
  projects: kept('unlimited'),
};
const teamFeatures = { ...proFeatures, floatingSeats: true, teamDashboard: true };
const enterpriseFeatures = {
  ...teamFeatures,
  sso: true,
  sla: true,
  customAgents: kept(true),
  runtimeLicensing: true,
};

export const catalogue: readonly CataloguePlan[] = [
  {
    code: 'free',
    name: 'Free',
    policy: {
      ...common,
      seats: { min: 1, max: 1 },
      offlineGraceHours: 24,
      offlineAllowance: 0,
      devicesMax: 1,
      features: freeFeatures,
    },
  },
  {
    code: 'pro',
    name: 'Pro',
    policy: {
      ...common,
      seats: { min: 1, max: 1 },
      offlineGraceHours: 72,
      offlineAllowance: 1,
      devicesMax: 3,
      licenseFiles: { needsDevice: true, hoursMax: 720 },
      features: proFeatures,
    },
  },
  {
    code: 'team',
    name: 'Team',
    policy: {
      ...common,
      seats: { min: 5, max: 100 },
      queue: queueOf(50, 1),
      offlineGraceHours: 120,
      offlineAllowance: 'seats',
      devicesMax: null,
      licenseFiles: { needsDevice: true, hoursMax: 2_160 },
      features: teamFeatures,
    },
  },
  {
    code: 'enterprise',
    name: 'Enterprise',
    policy: {
      ...common,
      seats: { min: 1, max: 100_000 },
      usageTypes: ['builder', 'runtime'],
      queue: queueOf(500, 8),
      offlineGraceHours: 168,
      offlineAllowance: 'seats',
      devicesMax: null,
      licenseFiles: { needsDevice: true, hoursMax: 8_760 },
      features: enterpriseFeatures,
    },
  },
  {
    code: 'demo',
    name: 'Demo: short leases to try the server with',
    offered: false,
    policy: {
      ...common,
      seats: { min: 1, max: 1_000 },
      leaseSeconds: 15,
      heartbeatSeconds: 5,
      usageTypes: ['builder', 'runtime'],
      queue: { lengthMax: 500, waitMaxSeconds: 3_600, offerSeconds: 15, livenessSeconds: 30 },
      offlineGraceHours: 1,
      offlineAllowance: 'seats',
      devicesMax: null,
      licenseFiles: { needsDevice: true, hoursMax: 24 },
      features: enterpriseFeatures,
    },
  },
];
