import { trustPinned, type RootTrust } from '../../signing/tokens/root-list.ts';
import { misconfigured } from '../errors.ts';

/**
 * Trust in the roots of a JWK Set, the oldest first. Keys of another kind, as a server's own set has
 * beside its roots, are passed over.
 *
 * @throws LeaseholdError `misconfigured` unless it has a root, each with an id of its own.
 */
export function trustRoots(keySet: unknown): RootTrust {
  const keys = isKeySet(keySet) ? keySet.keys.filter(isRsa) : [];
  const ids = new Set(keys.map(({ kid }) => kid));
  if (keys.length === 0) {
    throw misconfigured('The pinned roots must be a JWK Set, {"keys": […]}, with a key of RSA.');
  }
  if (ids.size < keys.length) throw misconfigured('Two of the pinned roots have the same id.');
  try {
    return trustPinned({ keys });
  } catch {
    throw misconfigured('A pinned root must be an RSA key of 4096 bits with "alg": "PS256".');
  }
}

function isKeySet(value: unknown): value is { keys: unknown[] } {
  return isRecord(value) && Array.isArray(value['keys']);
}

function isRsa(key: unknown): key is Record<string, unknown> {
  return isRecord(key) && key['kty'] === 'RSA';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
