import type { StepPoint } from '../../services/deps.ts';

/** Where the signing of a license file may die between two effects; its own test lets it. */
export const filePoints = ['file:signed', 'file:kept'] as const satisfies readonly StepPoint[];
