import type { StepPoint } from '../../services/deps.ts';

/** Where the relay may die between two effects; its own test lets it. */
export const relayPoints = [
  'relay:claimed',
  'relay:sent',
  'relay:marked',
] as const satisfies readonly StepPoint[];
