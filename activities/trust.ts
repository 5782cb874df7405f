import type { RotationAct, RotationFacts } from '../domain/root-rotation.ts';
import type { Deps } from '../services/deps.ts';
import { publishRevocations, type PublishedList } from '../services/publish-revocations.ts';
import { lookAtRoots, takeRotationStep } from '../services/rotate-root.ts';

/** What workflows may do to keys and lists. */
export type TrustActivities = ReturnType<typeof createTrustActivities>;

/** The activities of `publishRevocations` and `rotateRoot`. Each may run any number of times. */
export function createTrustActivities(
  deps: Pick<Deps, 'systemDb' | 'kms' | 'signing' | 'log' | 'reached' | 'metrics'>,
) {
  return {
    /** Makes a new list if one is due; null where nothing is signed. */
    publishRevocations: (): Promise<PublishedList | null> => publishRevocations(deps),

    /** Null where nothing is signed. */
    lookAtRoots: (): Promise<RotationFacts | null> => lookAtRoots(deps),

    takeRotationStep: (step: RotationAct): Promise<void> => takeRotationStep(deps, step),
  };
}
