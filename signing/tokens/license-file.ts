/**
 * A license file: what a license allows, signed by the root itself, for machines that reach no server for
 * days or for good. It holds until its end whatever becomes of the license meanwhile, unless the reader has
 * a revocation list that names it; so its life is bounded, and one that is bound to a device is worth
 * nothing on another.
 */
import { z } from 'zod';
import { armor, readArmor, type ArmorFault } from './armor.ts';
import { deviceHashPattern } from './device-hash.ts';
import { makeToken, verifyToken, type TokenFault, type TokenSigner } from './jws.ts';
import type { Revocations } from './revocation-list.ts';
import type { TrustedRoots } from './root-trust.ts';

const fileClaims = z
  .object({
    iss: z.string(),
    aud: z.string(),
    sub: z.string(),
    tid: z.string(),
    jti: z.string(),
    iat: z.int(),
    nbf: z.int(),
    exp: z.int(),
    license_until: z.int().optional(),
    tier: z.string(),
    feat: z.record(z.string(), z.union([z.boolean(), z.number(), z.string()])),
    seats: z.int().min(0),
    usage: z.array(z.string()).min(1),
    fp: z.string().regex(deviceHashPattern).optional(),
    nonce: z.string().min(1).optional(),
    rev_seq: z.int().min(0),
  })
  .refine((claims) => claims.nbf <= claims.exp)
  .refine(({ exp, license_until: until }) => until === undefined || exp <= until);

/**
 * What typ `lic-file+jwt` says, instants in unix seconds:
 * - `iss` who runs the server; `aud` the product; `sub` the license; `tid` its tenant
 * - `jti` the check-out that the file was signed for; `iat` when it was signed; `nbf` when it begins
 * - `exp` when it ends; `license_until` when the license does, not before the file; absent: it has no end
 * - `tier` the plan; `feat` its entitlements, each on or off, a limit or a text
 * - `seats` how many the license has; `usage` which types of use it allows
 * - `fp` the hash of the one device that it is for (`hashDevice`); absent: it is bound to none
 * - `nonce` what the request said, so that whoever asked knows the answer to this request
 * - `rev_seq` the number of the newest revocation list
 *
 * It says nothing of a person, and of a device only what nobody can read back.
 */
export type LicenseFileClaims = z.infer<typeof fileClaims>;

/**
 * Signs a license file, as the text that people carry. Members that are no claims of one are left out.
 * @throws ZodError unless nbf ≤ exp ≤ license_until.
 */
export async function makeLicenseFile(
  root: TokenSigner,
  claims: LicenseFileClaims,
): Promise<string> {
  const token = await makeToken(root, { type: 'lic-file+jwt', claims: fileClaims.parse(claims) });
  return armor('LICENSE FILE', token);
}

/** What a license file must be to be believed. */
export interface LicenseFileDemand {
  /** Pinned, by key id: no delegate signs license files. */
  readonly roots: TrustedRoots;
  /** What the newest list revokes that is known. */
  readonly revoked: Revocations;
  /** Now, in unix seconds. */
  readonly at: number;
  /** The product that it must be for; null: whoever asks looks at it himself. */
  readonly audience: string | null;
  /**
   * The hash of the device that reads it; a file that is bound to none is good on every one. Null: whoever
   * asks looks at it himself.
   */
  readonly device: string | null;
  /** What the request said that it must be the answer to; any unless given. */
  readonly nonce?: string | undefined;
}

/** Why a license file is not believed. */
export type LicenseFileFault =
  ArmorFault | TokenFault | 'revoked_key' | 'revoked_license' | 'other_device' | 'other_request';

export type LicenseFileCheck =
  | { readonly isGood: true; readonly kid: string; readonly claims: LicenseFileClaims }
  | { readonly isGood: false; readonly fault: LicenseFileFault };

/** Verifies a license file from anywhere. Says what is wrong first. */
export async function verifyLicenseFile(
  file: string,
  { roots, revoked, at, audience, device, nonce }: LicenseFileDemand,
): Promise<LicenseFileCheck> {
  const armored = readArmor('LICENSE FILE', file);
  if (!armored.isGood) return armored;
  const product = audience === null ? {} : { audience };
  const demand = { type: 'lic-file+jwt', keys: roots, at, ...product } as const;
  const checked = await verifyToken(armored.text, demand);
  if (!checked.isGood) return checked;
  const { kid } = checked;
  if (revoked.keys.has(kid)) return refuse('revoked_key');
  const { data: claims } = fileClaims.safeParse(checked.claims);
  if (claims === undefined) return refuse('malformed');
  if (revoked.licenses.has(claims.sub)) return refuse('revoked_license');
  if (device !== null && claims.fp !== undefined && claims.fp !== device) {
    return refuse('other_device');
  }
  if (nonce !== undefined && claims.nonce !== nonce) return refuse('other_request');
  return { isGood: true, kid, claims };
}

function refuse(fault: LicenseFileFault): LicenseFileCheck {
  return { isGood: false, fault };
}
