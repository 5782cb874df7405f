/** What a client has learned since its pins were made, and how it learns more. */
import {
  noList,
  verifyRevocationList,
  withoutOverreach,
  type KnownRevocations,
} from './revocation-list.ts';
import { walkRootLists } from './root-list.ts';
import type { RootTrust } from './root-trust.ts';

export interface Learned {
  readonly trust: RootTrust;
  readonly known: KnownRevocations;
}

/** Signed lists, as a server gives them or a client keeps them; none of them is believed yet. */
export interface SignedLists {
  /** Of roots, the oldest first. */
  readonly roots: readonly string[];
  /** The newest revocation list; null: there is none. */
  readonly revocations: string | null;
}

/**
 * Takes in what is good of the lists, and passes over the rest: a root that one list adds may have signed
 * another, and a newer root takes back what an older one had no say in.
 *
 * @param at now, in unix seconds.
 */
export async function learnFrom(
  { roots, revocations }: SignedLists,
  before: Learned,
  at: number,
): Promise<Learned> {
  let { trust, known } = before;
  for (let count = 0; count !== trust.roots.size;) {
    count = trust.roots.size;
    const walked = await walkRootLists(roots, { trust, revoked: known.revoked.keys, at });
    const signer = known.signedBy ?? '';
    // Where its name was taken back, whoever signed the known list was never a root.
    const isReal = trust.roots.get(signer) === walked.roots.get(signer);
    known = isReal ? withoutOverreach(known, walked) : noList;
    trust = walked;
    if (revocations === null) continue;
    const check = await verifyRevocationList(revocations, { trust, known, at });
    if (check.isGood) ({ trust, list: known } = check);
  }
  return { trust, known };
}
