import { standInKey } from '../../platform/kms-endpoint.ts';
import { createKms, type Kms } from '../../platform/kms.ts';
import type { Deps } from '../../services/deps.ts';

/**
 * A root key that is set and that nobody asks: for servers whose license files are signed by whoever plays
 * the worker.
 */
export function unaskedKms(deps: Pick<Deps, 'metrics' | 'log'>): Kms | null {
  const nowhere = { KMS_ENDPOINT: '127.0.0.1:1', KMS_PROTECTION_LEVEL: 'HSM' } as const;
  return createKms({ ...nowhere, KMS_KEY: standInKey }, deps);
}
