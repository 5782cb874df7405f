import { hashText } from './device-hash.ts';

/**
 * How a denial names the credential that was refused, a license key or a session's: SHA-256 in base64url,
 * empty where there was none. It is no secret and needs no salt: both kinds have so much entropy that
 * nobody finds one by its hash.
 */
export function hashCredential(credential: string): Promise<string> {
  return credential === '' ? Promise.resolve('') : hashText(credential);
}
