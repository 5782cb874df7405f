/** What a client has learned since its pins were made, and how it learns more. */
import {
  noList,
  verifyRevocationList,
  withoutOverreach,
  type KnownRevocations,
} from './revocation-list.ts';
import { verifyRootList } from './root-list.ts';
import type { RootTrust } from './root-trust.ts';

/** Signed lists, as a server gives them or a client keeps them; none of them is believed yet. */
export interface SignedLists {
  /** Of roots, the oldest first. */
  readonly roots: readonly string[];
  /** The newest revocation list; null: there is none. */
  readonly revocations: string | null;
}

export interface Learned {
  readonly trust: RootTrust;
  readonly known: KnownRevocations;
  /** By which lists it came to know that, in their order: from the pins and these it knows it again. */
  readonly lists: SignedLists;
}

/** Before anything is learned. */
export function learnedNothing(trust: RootTrust): Learned {
  return { trust, known: noList, lists: { roots: [], revocations: null } };
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
  let learned = before;
  for (let count = 0; count !== learned.trust.roots.size;) {
    count = learned.trust.roots.size;
    for (const list of roots) learned = await learnRoots(list, learned, at);
    if (revocations === null) continue;
    const { trust, known, lists } = learned;
    const check = await verifyRevocationList(revocations, { trust, known, at });
    if (!check.isGood) continue;
    learned = { trust: check.trust, known: check.list, lists: { ...lists, revocations } };
  }
  return learned;
}

async function learnRoots(list: string, before: Learned, at: number): Promise<Learned> {
  const { trust, known, lists } = before;
  const check = await verifyRootList(list, { trust, revoked: known.revoked.keys, at });
  if (!check.isGood) return before;
  const isNew = [...check.trust.roots].some(([kid, key]) => trust.roots.get(kid) !== key);
  const signer = known.signedBy ?? '';
  // Where its name was taken back, whoever signed the known list was never a root.
  const isReal = trust.roots.get(signer) === check.trust.roots.get(signer);
  return {
    trust: check.trust,
    known: isReal ? withoutOverreach(known, check.trust) : noList,
    lists: isNew
      ? { ...lists, roots: [...lists.roots.filter((one) => one !== list), list] }
      : lists,
  };
}
