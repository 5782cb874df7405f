import type { StepPoint } from '../../services/deps.ts';

/** Where the renewal of a delegate may die between two effects; its own test lets it. */
export const signingPoints = ['delegate:certified'] as const satisfies readonly StepPoint[];
