/**
 * The form of everything that Leasehold signs: compact JWS (RFC 7515) with the header `typ`, `alg` and
 * `kid` and nothing else. What is in this folder makes and believes tokens, uses nothing of Node, and is bundled
 * into the client, which so believes exactly what the server makes.
 */
import { base64url, compactVerify, type CryptoKey, type JWK, type KeyObject } from 'jose';

/** What a token is for. One that is meant for another use is refused, whoever signed it. */
export type TokenType =
  | 'lic-lease+jwt'
  | 'lic-denial+jwt'
  | 'lic-delegate+jwt'
  | 'lic-file+jwt'
  | 'lic-revoked+jwt'
  | 'lic-roots+jwt';

/** PS256 is what the root in Cloud KMS signs with, Ed25519 its delegate. */
export type TokenAlgorithm = 'PS256' | 'Ed25519';

/** A private key, wherever it is kept. */
export interface TokenSigner {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  sign(input: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** A public key and the one algorithm that it is good for, whatever a token says. */
export interface TrustedKey {
  readonly algorithm: TokenAlgorithm;
  readonly key: CryptoKey | KeyObject | JWK;
}

/** Unix seconds; whoever reads other claims must check them first. */
export type TokenClaims = Readonly<{ iat: number; exp: number }> &
  Readonly<Partial<Record<string, unknown>>>;

/** Why a token is not believed. */
export type TokenFault =
  | 'too_long'
  | 'malformed'
  | 'wrong_type'
  | 'unknown_key'
  | 'wrong_algorithm'
  | 'bad_signature'
  | 'not_yet_valid'
  | 'expired'
  | 'wrong_audience';

export type TokenCheck =
  | { readonly isGood: true; readonly kid: string; readonly claims: TokenClaims }
  | { readonly isGood: false; readonly fault: TokenFault };

/** What a token must be to be believed. */
export interface TokenDemand {
  readonly type: TokenType;
  /** By key id. A revoked key is one that is not there. */
  readonly keys: ReadonlyMap<string, TrustedKey>;
  /** The instant as of which it must be valid, in unix seconds. */
  readonly at: number;
  /** The product that it must be for; any unless given. */
  readonly audience?: string;
  /** What it says stays true after its end. */
  readonly outlivesEnd?: boolean;
}

/** Longest token that is looked at, many times the longest that is made. */
const lengthMax = 65_536;
/** What is revoked adds up: a list has room for 10,000 licenses. */
const listLengthMax = 600_000;

/** How far two clocks may differ. */
export const skewSeconds = 60;

/** Signs claims. */
export async function makeToken(
  signer: TokenSigner,
  { type, claims }: { type: TokenType; claims: TokenClaims },
): Promise<string> {
  const header = { typ: type, alg: signer.algorithm, kid: signer.kid };
  const input = `${encodeJson(header)}.${encodeJson(claims)}`;
  const signature = await signer.sign(new TextEncoder().encode(input));
  return `${input}.${base64url.encode(signature)}`;
}

/**
 * Checks a token from anywhere. Nothing in it chooses how it is checked: type, keys and the algorithm of
 * each key are the caller's. Its claims are read only when its signature is good.
 */
export async function verifyToken(token: string, demand: TokenDemand): Promise<TokenCheck> {
  const longest = demand.type === 'lic-revoked+jwt' ? listLengthMax : lengthMax;
  if (token.length > longest) return refuse('too_long');
  const [head = '', body = '', signature = '', ...rest] = token.split('.');
  const header = decodeJson(head);
  if (header === null || rest.length > 0 || decode(signature) === null) return refuse('malformed');
  const { typ, alg, kid, ...others } = header;
  if (typeof kid !== 'string' || Object.keys(others).length > 0) return refuse('malformed');
  if (typ !== demand.type) return refuse('wrong_type');
  const trusted = demand.keys.get(kid);
  if (trusted === undefined) return refuse('unknown_key');
  if (alg !== trusted.algorithm) return refuse('wrong_algorithm');
  if (!(await isSigned(token, trusted))) return refuse('bad_signature');
  const claims = decodeJson(body);
  if (claims === null || !isDated(claims)) return refuse('malformed');
  const fault = faultOf(claims, demand);
  return fault === null ? { isGood: true, kid, claims } : refuse(fault);
}

function faultOf(claims: TokenClaims, demand: TokenDemand): TokenFault | null {
  const { at, audience, outlivesEnd = false } = demand;
  const begin = Math.max(claims.iat, typeof claims['nbf'] === 'number' ? claims['nbf'] : 0);
  if (begin > at + skewSeconds) return 'not_yet_valid';
  if (claims.exp < at - skewSeconds && !outlivesEnd) return 'expired';
  return audience === undefined || claims['aud'] === audience ? null : 'wrong_audience';
}

function isDated(claims: Partial<Record<string, unknown>>): claims is TokenClaims {
  const isWhole = (value: unknown) => Number.isSafeInteger(value);
  const { iat, exp, nbf } = claims;
  return isWhole(iat) && isWhole(exp) && (nbf === undefined || isWhole(nbf));
}

async function isSigned(token: string, { algorithm, key }: TrustedKey): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] });
    return true;
  } catch {
    return false;
  }
}

function refuse(fault: TokenFault): TokenCheck {
  return { isGood: false, fault };
}

/** How what is signed, or handed from machine to machine, is written. */
export function encodeJson(value: object): string {
  return base64url.encode(JSON.stringify(value));
}

/**
 * The object that a part holds. Only the spelling that `JSON.stringify` gives is ours: of a name that is
 * there twice another reader might take the other value.
 */
export function decodeJson(part: string): Partial<Record<string, unknown>> | null {
  const bytes = decode(part);
  if (bytes === null) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && JSON.stringify(value) === text ? { ...value } : null;
  } catch {
    return null;
  }
}

/** Null unless it is the one spelling of its bytes in base64url. */
function decode(part: string): Uint8Array | null {
  try {
    const bytes = base64url.decode(part);
    return part !== '' && base64url.encode(bytes) === part ? bytes : null;
  } catch {
    return null;
  }
}
