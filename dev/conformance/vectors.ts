import type { RootKey } from '../../signing/tokens/root-list.ts';
import { certificateVectors } from './certificates.ts';
import { denialVectors } from './denials.ts';
import { licenseFileVectors } from './files.ts';
import type { VectorKeys } from './keys.ts';
import { leaseVectors } from './leases.ts';
import { revocationListVectors, rootListVectors } from './lists.ts';
import type { Vector } from './vector.ts';

/** All vectors, and the roots that they name. */
export interface Conformance {
  readonly roots: readonly RootKey[];
  readonly vectors: readonly Vector[];
}

/** Makes what every verifier must believe, and what it must refuse. */
export async function makeVectors(keys: VectorKeys): Promise<Conformance> {
  const groups = await Promise.all([
    leaseVectors(keys),
    denialVectors(keys),
    certificateVectors(keys),
    licenseFileVectors(keys),
    revocationListVectors(keys),
    rootListVectors(keys),
  ]);
  return { roots: keys.roots.map(({ jwk }) => jwk), vectors: groups.flat() };
}
