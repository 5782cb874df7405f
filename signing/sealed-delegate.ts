import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { openSealed, seal } from './seal.ts';

/** One key of `SIGNING_SEAL_KEYS`. The first of the list seals, all open. */
export interface SealingSecret {
  kid: string;
  secret: KeyObject;
}

/** A delegate's private key as it is stored, and which key it was sealed with. */
export interface SealedKey {
  sealKid: string;
  sealedKey: Buffer;
}

/** The private key of the delegate `kid` for storing. */
export function sealDelegate(
  secrets: readonly SealingSecret[],
  { kid, privateKey }: { kid: string; privateKey: KeyObject },
): SealedKey {
  const [first] = secrets;
  if (first === undefined) throw new Error('SIGNING_SEAL_KEYS is not set: nothing can be sealed');
  const plain = privateKey.export({ type: 'pkcs8', format: 'der' });
  return { sealKid: first.kid, sealedKey: seal({ key: keyOf(first), name: kid }, plain) };
}

/**
 * The stored private key of the delegate `kid`.
 * @throws Error that says which key is missing, or that what is stored was not sealed with it for this
 * delegate. It never tells anything of a key.
 */
export function openDelegate(
  secrets: readonly SealingSecret[],
  { kid, sealKid, sealedKey }: SealedKey & { kid: string },
): KeyObject {
  const secret = secrets.find((one) => one.kid === sealKid);
  if (secret === undefined) {
    throw new Error(`The delegate was sealed with the key ${sealKid}, which is not set`);
  }
  try {
    const key = openSealed({ key: keyOf(secret), name: kid }, sealedKey);
    return createPrivateKey({ key, type: 'pkcs8', format: 'der' });
  } catch {
    throw new Error(`The delegate was not sealed with this key ${sealKid}, or was changed since`);
  }
}

/** Secrets may be longer than the cipher's key, and are used for this alone. */
function keyOf({ secret }: SealingSecret): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'leasehold delegate key', 32));
}
