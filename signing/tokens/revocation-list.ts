/**
 * What must not be believed any more although its signature is good: keys, licenses, and leases by the
 * numbers of their grants. A list is whole: the newest one replaces those before it.
 *
 * A root is revoked by a newer one, never by an older one. So whoever abuses the present root cannot
 * have its successor revoked, which clients pin or learn of before it signs anything.
 */
import { z } from 'zod';
import { makeToken, verifyToken, type TokenFault, type TokenSigner } from './jws.ts';
import { hasSayOver, withoutFallen, type RootTrust } from './root-trust.ts';

const leaseRange = z
  .object({
    license: z.string().min(1),
    epoch: z.int().min(0),
    fences: z.tuple([z.int().min(0), z.int().min(0)]),
  })
  .refine(({ fences: [first, last] }) => first <= last);

/** Grants of one license's pool, the first and the last number inclusive. */
export type LeaseRange = z.infer<typeof leaseRange>;

const revocationClaims = z
  .object({
    iss: z.string(),
    iat: z.int(),
    exp: z.int(),
    next_update: z.int(),
    seq: z.int().min(1),
    keys: z.array(z.string().min(1)),
    licenses: z.array(z.string().min(1)),
    leases: z.array(leaseRange),
  })
  .refine((claims) => claims.iat <= claims.next_update)
  .refine((claims) => claims.next_update <= claims.exp);

/**
 * The claims of typ `lic-revoked+jwt`, instants in unix seconds:
 * - `iss` who runs the server; `iat` when it was signed
 * - `next_update` when a newer one is there at the latest, should all be well
 * - `exp` later by the longest grace and a day, for plain verifiers of JWTs
 * - `seq` rises with every list; leases and heartbeats tell that of the newest
 * - `keys` ids of roots and delegates; `licenses` ids; `leases` ranges of grants
 */
export type RevocationClaims = z.infer<typeof revocationClaims>;

/** From a list's issue to when a newer one is there, and from then on to its end. */
export const revocationListLife = {
  updateSeconds: 48 * 3_600,
  slackSeconds: 192 * 3_600,
} as const;

/**
 * Lists what is revoked.
 * @throws ZodError when a range ends before it begins.
 */
export async function makeRevocationList(
  root: TokenSigner,
  listed: Pick<RevocationClaims, 'seq' | 'keys' | 'licenses' | 'leases'> & {
    issuer: string;
    /** Unix seconds. */
    at: number;
  },
): Promise<string> {
  const { issuer, at, ...revoked } = listed;
  const nextUpdate = at + revocationListLife.updateSeconds;
  const claims = revocationClaims.parse({
    iss: issuer,
    iat: at,
    exp: nextUpdate + revocationListLife.slackSeconds,
    next_update: nextUpdate,
    ...revoked,
  });
  return makeToken(root, { type: 'lic-revoked+jwt', claims });
}

/** What is revoked, as verifiers look it up. */
export interface Revocations {
  readonly keys: ReadonlySet<string>;
  readonly licenses: ReadonlySet<string>;
  readonly leases: readonly LeaseRange[];
}

export const nothingRevoked: Revocations = { keys: new Set(), licenses: new Set(), leases: [] };

/** Whether a grant is in one of the ranges. */
export function isLeaseRevoked(
  grant: { license: string; epoch: number; fence: number },
  { leases }: Pick<Revocations, 'leases'>,
): boolean {
  return leases.some(
    ({ license, epoch, fences: [first, last] }) =>
      license === grant.license &&
      epoch === grant.epoch &&
      first <= grant.fence &&
      grant.fence <= last,
  );
}

/** The newest list that is known. */
export interface KnownRevocations {
  readonly seq: number;
  /** The key id of the root that signed it; null: there is none yet. */
  readonly signedBy: string | null;
  readonly revoked: Revocations;
}

export const noList: KnownRevocations = { seq: 0, signedBy: null, revoked: nothingRevoked };

export interface RevocationListDemand {
  readonly trust: RootTrust;
  readonly known: KnownRevocations;
  /** Now, in unix seconds. */
  readonly at: number;
}

/** Why a list is not taken in. `newer_root`: it would revoke its signer, or one over which that has no say. */
export type RevocationListFault = TokenFault | 'revoked_key' | 'older' | 'newer_root';

export type RevocationListCheck =
  | {
      readonly isGood: true;
      readonly list: KnownRevocations;
      readonly claims: RevocationClaims;
      /** What is trusted from now on. A revoked root is still there, for its name to be known. */
      readonly trust: RootTrust;
      /** False when there should be a newer one by now. What this one revokes stays revoked. */
      readonly isCurrent: boolean;
    }
  | { readonly isGood: false; readonly fault: RevocationListFault };

/**
 * Verifies a list.
 *
 * A list's number may be lower than that of the known one in one case: the root that signed the known one is
 * trusted no more, and its numbers count no more than anything else that it signs.
 */
export async function verifyRevocationList(
  token: string,
  { trust, known, at }: RevocationListDemand,
): Promise<RevocationListCheck> {
  const demand = { type: 'lic-revoked+jwt', keys: trust.roots, at, outlivesEnd: true } as const;
  const checked = await verifyToken(token, demand);
  if (!checked.isGood) return checked;
  const { kid: signedBy } = checked;
  if (known.revoked.keys.has(signedBy)) return { isGood: false, fault: 'revoked_key' };
  const { data: claims } = revocationClaims.safeParse(checked.claims);
  if (claims === undefined) return { isGood: false, fault: 'malformed' };
  const isBeyond = (kid: string) => trust.roots.has(kid) && !hasSayOver(signedBy, kid, trust);
  if (claims.keys.some(isBeyond)) return { isGood: false, fault: 'newer_root' };
  const revoked = readRevocations(claims);
  const left = withoutFallen(trust, { signedBy, revoked: revoked.keys });
  const isKnownVoid = known.signedBy !== null && !isBelieved(known.signedBy, left, revoked.keys);
  if (claims.seq < known.seq && !isKnownVoid) return { isGood: false, fault: 'older' };
  return {
    isGood: true,
    list: { seq: claims.seq, signedBy, revoked },
    claims,
    trust: left,
    isCurrent: at <= claims.next_update,
  };
}

/** What a list revokes binds none of those roots over which its signer has no say, known then or later. */
export function withoutOverreach(known: KnownRevocations, trust: RootTrust): KnownRevocations {
  const { signedBy, revoked } = known;
  if (signedBy === null) return known;
  const isBound = (kid: string) => !trust.roots.has(kid) || hasSayOver(signedBy, kid, trust);
  return { ...known, revoked: { ...revoked, keys: new Set([...revoked.keys].filter(isBound)) } };
}

function isBelieved(kid: string, { roots }: RootTrust, revoked: ReadonlySet<string>): boolean {
  return roots.has(kid) && !revoked.has(kid);
}

/** What the claims of a good list revoke. */
function readRevocations({ keys, licenses, leases }: RevocationClaims): Revocations {
  return { keys: new Set(keys), licenses: new Set(licenses), leases };
}
