/**
 * The root in Cloud KMS signs rarely; what customers hold is signed by a delegate, an Ed25519 key that a
 * certificate of the root's names. A certificate has two ends. Until `sign_until` its delegate may sign, and
 * a token is held against that as of its own issue: one that was issued in time stays good. Until
 * `verify_until` such tokens may be believed at all, which bounds what a stolen delegate is worth.
 */
import { z } from 'zod';
import {
  makeToken,
  skewSeconds,
  type TokenClaims,
  type TokenSigner,
  type TokenType,
} from './jws.ts';

/** What a delegate may be allowed to sign. */
export type DelegatedType = Extract<TokenType, 'lic-lease+jwt' | 'lic-denial+jwt'>;

const hourSeconds = 3_600;
const signHours = 24;
/** The longest offline grace that a plan may give. */
const graceHoursMax = 168;
const slackHours = 24;

/** How long a delegate may sign from its certificate on, and how much longer its tokens are believed. */
export const delegateLife = {
  signSeconds: signHours * hourSeconds,
  verifySeconds: (graceHoursMax + slackHours) * hourSeconds,
} as const;

/** RFC 8037, public half only, with the key id that its tokens name. */
const delegateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string().regex(/^[\w-]{43}$/),
  kid: z.string().min(1).max(64),
});

/** The public half of a delegate's key. */
export type DelegateKey = z.infer<typeof delegateKey>;

const delegateClaims = z
  .object({
    iss: z.string(),
    iat: z.int(),
    nbf: z.int(),
    exp: z.int(),
    sign_until: z.int(),
    verify_until: z.int(),
    scope: z.array(z.string()),
    seq: z.int().min(1),
    cnf: z.object({ jwk: delegateKey }),
  })
  .refine((claims) => claims.nbf <= claims.sign_until)
  .refine((claims) => claims.sign_until <= claims.verify_until)
  .refine((claims) => claims.exp === claims.verify_until);

/**
 * The claims of typ `lic-delegate+jwt`, instants in unix seconds:
 * - `iss` who runs the server; `iat` when it was signed
 * - `nbf` to `sign_until` when a token must have been issued
 * - `verify_until` when the last token must have ended; `exp` is the same, for plain verifiers of JWTs
 * - `scope` the types of token that the delegate may sign
 * - `seq` rises with every certificate
 * - `cnf.jwk` the delegate's public key with its `kid` (RFC 7800)
 */
export type DelegateClaims = z.infer<typeof delegateClaims>;

/**
 * Certifies a delegate for 24 hours of signing, from a minute ago on: another process, whose clock is
 * behind, signs with it too. Only the public half of the key gets into the certificate.
 * @throws ZodError when the key is not one of Ed25519.
 */
export async function makeCertificate(
  root: TokenSigner,
  certified: {
    issuer: string;
    delegate: DelegateKey;
    scope: readonly DelegatedType[];
    seq: number;
    /** Unix seconds. */
    at: number;
  },
): Promise<string> {
  const signUntil = certified.at + delegateLife.signSeconds;
  const verifyUntil = signUntil + delegateLife.verifySeconds;
  const claims = delegateClaims.parse({
    iss: certified.issuer,
    iat: certified.at,
    nbf: certified.at - skewSeconds,
    exp: verifyUntil,
    sign_until: signUntil,
    verify_until: verifyUntil,
    scope: certified.scope,
    seq: certified.seq,
    cnf: { jwk: certified.delegate },
  });
  return makeToken(root, { type: 'lic-delegate+jwt', claims });
}

/** The claims of a certificate whose signature is good, or null when they do not fit together. */
export function readCertificate(claims: TokenClaims): DelegateClaims | null {
  return delegateClaims.safeParse(claims).data ?? null;
}
