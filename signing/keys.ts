import { createHash, randomBytes } from 'node:crypto';
import { normalizeLicenseKey } from '../domain/license-key.ts';

/** API keys by who may use them: `lht_` a tenant's program, `lho_` the vendor's operator. */
export type ApiKeyPrefix = 'lht_' | 'lho_';

/**
 * A new API key: prefix, 256 random bits, and the first six characters of their hash, so that scanners
 * for leaked secrets can tell a real one (the scheme that GitHub's tokens introduced).
 */
export function makeApiKey(prefix: ApiKeyPrefix): string {
  const random = randomBytes(32).toString('base64url');
  return `${prefix}${random}_${checksumOf(random)}`;
}

/** The stored form of an API key, or null when the text cannot be one. */
export function hashApiKey(prefix: ApiKeyPrefix, key: string): Buffer | null {
  const match = /^lh[to]_([\w-]{43})_([\w-]{6})$/.exec(key);
  if (match === null || !key.startsWith(prefix)) return null;
  const [, random = '', checksum] = match;
  return checksumOf(random) === checksum ? sha256(key) : null;
}

/**
 * The stored form of a license key, however it was typed, or null when the text cannot be one. Keys
 * have 128 random bits and more, so a plain hash is enough.
 */
export function hashLicenseKey(typed: string): Buffer | null {
  const key = normalizeLicenseKey(typed);
  return key === null ? null : sha256(key);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function checksumOf(random: string): string {
  return createHash('sha256').update(random).digest('base64url').slice(0, 6);
}
