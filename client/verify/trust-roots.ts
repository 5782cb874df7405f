import { base64url, calculateJwkThumbprint } from 'jose';
import { trustPinned } from '../../signing/tokens/root-list.ts';
import type { RootTrust } from '../../signing/tokens/root-trust.ts';
import { misconfigured } from '../errors.ts';

/** A key of a JWK Set, not looked at but for its kind. */
export type RsaKey = Readonly<Record<string, unknown>> & { readonly kty: 'RSA' };

/**
 * Trust in the roots of a JWK Set, the oldest first. Keys of another kind, as a server's own set has
 * beside its roots, are passed over.
 *
 * @throws LeaseholdError `misconfigured` unless it has a root, each with an id of its own.
 */
export function trustRoots(keySet: unknown): RootTrust {
  const keys = rootKeysOf(keySet);
  const ids = new Set(keys.map(({ kid }) => kid));
  if (ids.size < keys.length) throw misconfigured('Two of the pinned roots have the same id.');
  try {
    return trustPinned({ keys });
  } catch {
    throw misconfigured('A pinned root must be an RSA key of 4096 bits with "alg": "PS256".');
  }
}

/** @throws LeaseholdError `misconfigured` when there is none. */
export function rootKeysOf(keySet: unknown): RsaKey[] {
  const keys = isRecord(keySet) && Array.isArray(keySet['keys']) ? keySet['keys'] : [];
  const rsa = keys.filter(isRsa);
  if (rsa.length > 0) return rsa;
  throw misconfigured('The pinned roots must be a JWK Set, {"keys": […]}, with a key of RSA.');
}

/** What people compare: the thumbprint of each key (RFC 7638) in hexadecimal digits. */
export async function fingerprintsOf(
  keys: readonly RsaKey[],
): Promise<{ kid: string; fingerprint: string }[]> {
  return Promise.all(
    keys.map(async (key) => {
      const print = await calculateJwkThumbprint(key, 'sha256');
      const digits = Array.from(base64url.decode(print), (byte) =>
        byte.toString(16).padStart(2, '0'),
      );
      return { kid: String(key['kid']), fingerprint: digits.join('') };
    }),
  );
}

function isRsa(key: unknown): key is RsaKey {
  return isRecord(key) && key['kty'] === 'RSA';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
