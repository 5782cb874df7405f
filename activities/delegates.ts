import { renewDelegate, type Renewal } from '../services/renew-delegate.ts';

/** What workflows may do about the key that signs leases and denials. */
export type DelegateActivities = ReturnType<typeof createDelegateActivities>;

/** The activity of `renewDelegate`. Its result names the key and holds nothing of it. */
export function createDelegateActivities(deps: Parameters<typeof renewDelegate>[0]) {
  return {
    /** Null where nothing is signed. */
    renewDelegate: async (): Promise<Renewal | null> =>
      deps.kms === null ? null : renewDelegate(deps),
  };
}
