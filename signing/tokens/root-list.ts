/**
 * How a client comes to trust roots that its product was not built with. It begins with those that are
 * pinned; a root that it trusts signs a list of further ones, those sign later lists, and so on. A list
 * only ever adds: what takes trust away is a revocation list. So a client that was away for years walks
 * from the root it knows to the present one, list by list, and one that is shown an old list learns
 * nothing new and forgets nothing.
 */
import { z } from 'zod';
import {
  makeToken,
  verifyToken,
  type TokenFault,
  type TokenSigner,
  type TrustedKey,
} from './jws.ts';
import { hasSayOver, without, withListed, withoutFallen, type RootTrust } from './root-trust.ts';

/** RSA with 4096 bits: the first bit of the modulus is set, the exponent is 65537. */
const rootKey = z.object({
  kty: z.literal('RSA'),
  kid: z.string().min(1).max(64),
  alg: z.literal('PS256'),
  use: z.literal('sig'),
  n: z.string().regex(/^[g-z0-9_-][\w-]{682}$/),
  e: z.literal('AQAB'),
});

/** The public half of a root as JWK (RFC 7517), with the key id that its tokens name. */
export type RootKey = z.infer<typeof rootKey>;

const listedRoot = rootKey.extend({ not_before: z.int() });
export type ListedRoot = z.infer<typeof listedRoot>;

const rootListClaims = z.object({
  iss: z.string(),
  iat: z.int(),
  exp: z.int(),
  seq: z.int().min(1),
  keys: z
    .array(listedRoot)
    .min(1)
    .max(40)
    .refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length),
});

/**
 * The claims of typ `lic-roots+jwt`, instants in unix seconds:
 * - `iss` who runs the server; `iat` when it was signed
 * - `exp` ten years later, for plain verifiers of JWTs: what a list adds is never taken back by time
 * - `seq` rises with every list; since lists only add, it binds nobody
 * - `keys` the roots as JWKs, the oldest first; `not_before` says when each is, or was, meant to sign
 *   first. It may have to sooner, when the one before it is revoked.
 */
export type RootListClaims = z.infer<typeof rootListClaims>;

const listYears = 10;

/**
 * Lists roots. Members that are no public half are left out.
 * @throws ZodError when a key is none of RSA with 4096 bits, one stands twice, or there are more than 40.
 */
export async function makeRootList(
  root: TokenSigner,
  listed: { issuer: string; seq: number; keys: readonly ListedRoot[]; at: number },
): Promise<string> {
  const claims = rootListClaims.parse({
    iss: listed.issuer,
    iat: listed.at,
    exp: listed.at + listYears * 365 * 86_400,
    seq: listed.seq,
    keys: listed.keys,
  });
  return makeToken(root, { type: 'lic-roots+jwt', claims });
}

/**
 * Trust in what a product was built with.
 * @throws ZodError when it is no JWK Set of roots: `{"keys": […]}`, the oldest first.
 */
export function trustPinned(keySet: unknown): RootTrust {
  const { keys } = z.object({ keys: z.array(rootKey).min(1) }).parse(keySet);
  const roots = new Map(keys.map((key) => [key.kid, trust(key)]));
  return { roots, listedBy: new Map() };
}

export interface RootListDemand {
  readonly trust: RootTrust;
  /** Key ids that the newest revocation list names. */
  readonly revoked: ReadonlySet<string>;
  /** Now, in unix seconds. */
  readonly at: number;
}

/**
 * Why a list is not taken in. `other_key`: it calls another key by the id of one that is trusted, and that
 * its signer has no say over.
 */
export type RootListFault = TokenFault | 'revoked_key' | 'other_key';

export type RootListCheck =
  | { readonly isGood: true; readonly trust: RootTrust; readonly claims: RootListClaims }
  | { readonly isGood: false; readonly fault: RootListFault };

/** Verifies one list and says what to trust from then on. One that is already known changes nothing. */
export async function verifyRootList(
  token: string,
  { trust: known, revoked, at }: RootListDemand,
): Promise<RootListCheck> {
  const demand = { type: 'lic-roots+jwt', keys: known.roots, at, outlivesEnd: true } as const;
  const checked = await verifyToken(token, demand);
  if (!checked.isGood) return checked;
  const { kid: signer } = checked;
  if (revoked.has(signer)) return { isGood: false, fault: 'revoked_key' };
  const { data: claims } = rootListClaims.safeParse(checked.claims);
  if (claims === undefined) return { isGood: false, fault: 'malformed' };
  const isOther = ({ kid, ...key }: ListedRoot) => {
    const present = known.roots.get(kid);
    return present !== undefined && !isSameKey(present, key);
  };
  const replaced = new Set(claims.keys.filter(isOther).map(({ kid }) => kid));
  const isBound = (kid: string) => !known.listedBy.has(kid) || !hasSayOver(signer, kid, known);
  if ([...replaced].some(isBound)) return { isGood: false, fault: 'other_key' };
  const left = withoutFallen(known, { signedBy: signer, revoked: replaced });
  const keys = claims.keys.map(({ not_before: _, ...key }) => [key.kid, trust(key)] as const);
  const listed = withListed(without(left, replaced), signer, keys);
  return { isGood: true, claims, trust: listed };
}

/**
 * Takes in as many of the lists as can be, the oldest first: what one adds may have signed the next. Those
 * that are not good are passed over.
 */
export async function walkRootLists(
  lists: readonly string[],
  demand: RootListDemand,
): Promise<RootTrust> {
  let { trust: walked } = demand;
  for (const list of lists) {
    const check = await verifyRootList(list, { ...demand, trust: walked });
    if (check.isGood) walked = check.trust;
  }
  return walked;
}

function trust(key: RootKey): TrustedKey {
  return { algorithm: 'PS256', key };
}

/** A key that was pinned in another form than a JWK is not compared: its id is taken. */
function isSameKey({ key }: TrustedKey, listed: Pick<RootKey, 'n' | 'e'>): boolean {
  return 'n' in key && key.n === listed.n && key.e === listed.e;
}
