import type { StepPoint } from '../../services/deps.ts';

/** Where a rotation of the root may die between two effects; its own test lets it. */
export const rotationPoints = [
  ...(['root:activated', 'delegate:certified', 'root:delegate-certified'] as const),
  ...(['root:version-created', 'root:published', 'root:list-signed'] as const),
] as const satisfies readonly StepPoint[];

/** And what else signs; the renewal of a delegate has a test of its own. */
export const signingPoints = [
  ...rotationPoints,
  'revocations:signed',
] as const satisfies readonly StepPoint[];
