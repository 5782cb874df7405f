/**
 * The roots that a client trusts, and over which of them each has a say. They stand in one order, and a
 * root may revoke those before it and no others. Pins stand as the product has them, and never move. What
 * a list adds stands right behind the root that signed it, or before that one where the list says so:
 * nobody gives away a say that he has not himself. Of two that the same root added, the one that came
 * first stands higher. So whoever abuses a root reaches nothing that was known before he spoke, however
 * many roots he makes.
 *
 * A root falls with those that listed it. It stays while a pin or a root that is not revoked stands
 * behind it, and with whoever signed the revocation those stay that led to him.
 */
import type { TrustedKey } from './jws.ts';

/** By key id, each before those that have a say over it. */
export type TrustedRoots = ReadonlyMap<string, TrustedKey>;

export interface RootTrust {
  readonly roots: TrustedRoots;
  /** The ids of those by whose lists a root is trusted; what is not there is pinned. */
  readonly listedBy: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Whether the first may revoke the second. */
export function hasSayOver(signer: string, kid: string, { roots }: RootTrust): boolean {
  const order = [...roots.keys()];
  return order.indexOf(kid) < order.indexOf(signer);
}

/**
 * Takes in what a trusted root lists, the oldest first. An unknown one goes before the known one that follows it
 * there, and no further than right behind the signer; one that a list added before moves up as far.
 */
export function withListed(
  { roots, listedBy }: RootTrust,
  signer: string,
  listed: readonly (readonly [kid: string, key: TrustedKey])[],
): RootTrust {
  const order = [...roots.keys()];
  const keys = new Map(roots);
  const sponsors = new Map(listedBy);
  let place = order.indexOf(signer) + 1;
  for (const [kid, key] of listed.toReversed()) {
    const present = order.indexOf(kid);
    if (present > order.indexOf(signer)) continue;
    const isPinned = present >= 0 && !sponsors.has(kid);
    if (!isPinned && kid !== signer) sponsors.set(kid, new Set(sponsors.get(kid)).add(signer));
    if (present >= place) continue;
    if (present >= 0) place = isPinned ? present : place - 1;
    if (isPinned) continue;
    if (present >= 0) order.splice(present, 1);
    else keys.set(kid, key);
    order.splice(place, 0, kid);
  }
  return inOrder(order, { roots: keys, listedBy: sponsors });
}

/** What is left when a root revokes others. Those are still there, for their names to be known. */
export function withoutFallen(
  trust: RootTrust,
  { signedBy, revoked }: { signedBy: string; revoked: ReadonlySet<string> },
): RootTrust {
  const order = [...trust.roots.keys()];
  const pins = order.filter((kid) => !trust.listedBy.has(kid));
  const kept = new Set([...pins, ...lineOf(signedBy, trust)]);
  const stands = (kid: string) => kept.has(kid) && !revoked.has(kid);
  for (let size = 0; size < kept.size;) {
    size = kept.size;
    for (const [kid, by] of trust.listedBy) if ([...by].some(stands)) kept.add(kid);
  }
  const hasFallen = (kid: string) => !kept.has(kid) && hasSayOver(signedBy, kid, trust);
  return without(trust, new Set(order.filter(hasFallen)));
}

/** Without these, as if nobody had ever listed them, nor they anybody. */
export function without(trust: RootTrust, gone: ReadonlySet<string>): RootTrust {
  const left = [...trust.listedBy].map(
    ([kid, by]) => [kid, new Set([...by].filter((one) => !gone.has(one)))] as const,
  );
  const order = [...trust.roots.keys()].filter((kid) => !gone.has(kid));
  return inOrder(order, { roots: trust.roots, listedBy: new Map(left) });
}

/** A root, the highest of those before it that listed it, and so on. */
function lineOf(signer: string, { roots, listedBy }: RootTrust): string[] {
  const order = [...roots.keys()];
  const line: string[] = [];
  for (let kid: string | undefined = signer; kid !== undefined;) {
    line.push(kid);
    const by = listedBy.get(kid);
    kid = order.slice(0, order.indexOf(kid)).findLast((one) => by?.has(one));
  }
  return line;
}

function inOrder(order: readonly string[], { roots, listedBy }: RootTrust): RootTrust {
  const picked = <Value>(from: ReadonlyMap<string, Value>) =>
    new Map(
      order.flatMap((kid) => {
        const value = from.get(kid);
        return value === undefined ? [] : [[kid, value] as const];
      }),
    );
  return { roots: picked(roots), listedBy: picked(listedBy) };
}
