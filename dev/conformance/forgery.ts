/** Tokens as no server makes them. */
import { createHmac, createPublicKey, sign, type KeyObject } from 'node:crypto';
import type { DelegateKey } from '../../signing/tokens/certificate.ts';

export type Part = 'header' | 'claims';

const encode = (text: string) => Buffer.from(text).toString('base64url');
const decode = (part: string) => Buffer.from(part, 'base64url').toString();

/** The same token with one of its parts as another text; its signature stays. */
export function rewritten(token: string, part: Part, change: (text: string) => string): string {
  const [head = '', body = '', signature = ''] = token.split('.');
  return part === 'header'
    ? `${encode(change(decode(head)))}.${body}.${signature}`
    : `${head}.${encode(change(decode(body)))}.${signature}`;
}

/** The same token with other members in one of its parts; its signature stays. */
export function edited(token: string, part: Part, changed: object): string {
  return rewritten(token, part, (text) =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...changed }),
  );
}

/** Signed anew by a delegate, after its parts were made into other texts. */
export function resigned(token: string, key: KeyObject): string {
  const input = token.slice(0, token.lastIndexOf('.'));
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

/** What fools verifiers that let a token choose its algorithm: the public key, as its PEM, taken as a shared secret. */
export function signedByPublicKey(token: string, key: DelegateKey): string {
  const publicKey = createPublicKey({ key: { ...key }, format: 'jwk' });
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  const forged = edited(token, 'header', { alg: 'HS256' });
  const input = forged.slice(0, forged.lastIndexOf('.'));
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** Another spelling of the same bytes: 64 bytes leave four bits of the last character unused. */
export function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  return token.slice(0, -1) + (alphabet[last + 1] ?? '');
}
