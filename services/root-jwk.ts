import type { RootRecord } from '../data/roots.ts';
import type { RootKey } from '../signing/tokens/root-list.ts';

/** A root's public half as clients know it: member by member, so that nothing else can ever get into it. */
export function rootJwk({ kid, publicKey }: Pick<RootRecord, 'kid' | 'publicKey'>): RootKey {
  return { kty: 'RSA', kid, alg: 'PS256', use: 'sig', n: publicKey.n ?? '', e: 'AQAB' };
}
