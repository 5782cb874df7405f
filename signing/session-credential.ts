import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';

/** What a session credential carries: enough to authorise one holder of one session, nothing else. */
export interface SessionClaims {
  tenantId: string;
  licenseId: string;
  sessionId: string;
  instanceKey: string;
  holderId: string;
  /** Code of the product that runs; empty in a credential of before it carried one. */
  product: string;
}

/**
 * One key of the HMAC. The first of a list signs, all verify. A key object, because preparing a key from
 * its bytes costs five times the HMAC of a heartbeat.
 */
export interface CredentialKey {
  kid: string;
  secret: KeyObject;
}

const sessionCredentialPrefix = 'lhs_';
/** Whether a text is of this kind of credential at all; license keys are not. */
export function looksLikeSessionCredential(text: string): boolean {
  return text.startsWith(sessionCredentialPrefix);
}

/** Longest credential that is looked at; more is refused before any work. */
const lengthMax = 1_024;

/**
 * Makes `lhs_<kid>.<claims>.<mac>`: claims are base64url of a JSON array, the mac is HMAC-SHA-256 over
 * everything before it. It does not expire: whether the session still lives is asked of Redis, so that
 * an ended session is told so instead of being refused as a stranger.
 */
export function makeSessionCredential(
  keys: readonly CredentialKey[],
  claims: SessionClaims,
): string {
  const [key] = keys;
  if (key === undefined) throw new Error('No key to make session credentials with');
  const body = [
    claims.tenantId,
    claims.licenseId,
    claims.sessionId,
    claims.instanceKey,
    claims.holderId,
    claims.product,
  ];
  const text = `${sessionCredentialPrefix}${key.kid}.${Buffer.from(JSON.stringify(body)).toString('base64url')}`;
  return `${text}.${macOf(key.secret, text)}`;
}

/** Reads a credential back; null when any part of it is not ours. Compares in constant time. */
export function readSessionCredential(
  keys: readonly CredentialKey[],
  credential: string,
): SessionClaims | null {
  if (credential.length > lengthMax || !looksLikeSessionCredential(credential)) return null;
  const [head = '', body = '', mac = '', ...rest] = credential.split('.');
  const kid = head.slice(sessionCredentialPrefix.length);
  const key = keys.find((candidate) => candidate.kid === kid);
  if (key === undefined || rest.length > 0) return null;
  // Compared as text: base64url has several spellings for the same bytes, and only one is ours.
  const given = Buffer.from(mac);
  const wanted = Buffer.from(macOf(key.secret, `${head}.${body}`));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  // The mac vouches for the shape: only makeSessionCredential can have written it.
  const [tenantId, licenseId, sessionId, instanceKey, holderId, product = ''] = JSON.parse(
    Buffer.from(body, 'base64url').toString(),
  ) as [string, string, string, string, string, string?];
  return { tenantId, licenseId, sessionId, instanceKey, holderId, product };
}

function macOf(secret: KeyObject, text: string): string {
  return createHmac('sha256', secret).update(text).digest('base64url');
}
