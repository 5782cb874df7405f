import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { openSealed, seal } from './seal.ts';

/** Seals and recognizes what one caller asked under one idempotency key. */
export interface AnswerSeal {
  seal(text: string): Buffer;
  /** @throws Error when the bytes were not sealed by the same caller for the same request. */
  open(sealed: Buffer): string;
  macOf(text: string): Buffer;
  hasMac(text: string, mac: Buffer): boolean;
}

/**
 * The seal of a caller's stored answer: AES-256-GCM and HMAC-SHA-256 under keys that HKDF derives from
 * the secret of the caller's own credential, of which the database holds a hash only. Whoever has the
 * database alone can open nothing. `id` names the row and is bound to what is sealed.
 */
export function createAnswerSeal({ secret, id }: { secret: string; id: string }): AnswerSeal {
  const derived = Buffer.from(hkdfSync('sha256', secret, id, 'leasehold idempotency answer', 64));
  const [sealKey, macKey] = [derived.subarray(0, 32), derived.subarray(32)];
  const macOf = (text: string) => createHmac('sha256', macKey).update(text).digest();
  return {
    seal: (text) => seal({ key: sealKey, name: id }, Buffer.from(text)),
    open: (sealed) => openSealed({ key: sealKey, name: id }, sealed).toString('utf8'),
    macOf,
    hasMac: (text, mac) => {
      const wanted = macOf(text);
      return wanted.length === mac.length && timingSafeEqual(wanted, mac);
    },
  };
}
