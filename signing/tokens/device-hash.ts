import { base64url } from 'jose';

/** What a device hash looks like: 32 bytes in base64url. */
export const deviceHashPattern = /^[\w-]{43}$/;

/**
 * The name of a device in license files and requests: a hash of its fingerprint, other for each product,
 * so that a file tells nobody whose machine it is for, and two vendors cannot compare theirs. The machine
 * makes it without a network; the server makes the same from the fingerprint.
 */
export function hashDevice(product: string, fingerprint: string): Promise<string> {
  return hashText(['leasehold', 'file-device', product, fingerprint].join('\0'));
}

/** SHA-256 in base64url, by what browsers and Node both have. */
export async function hashText(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(digest));
}
