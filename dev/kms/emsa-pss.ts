import { constants, createHash, privateEncrypt, randomBytes, type KeyObject } from 'node:crypto';

/** Of SHA-256, and the length of the salt, as JWS wants it for PS256 (RFC 7518, 3.5). */
const hashBytes = 32;

/**
 * Signs a SHA-256 digest with RSASSA-PSS (RFC 8017, 8.1.1). Node signs only what it has hashed itself,
 * so the encoding is made here and the key's bare operation applied to it.
 */
export function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encode(digest, bits - 1));
}

/** EMSA-PSS-ENCODE (RFC 8017, 9.1.1) with MGF1. */
function encode(digest: Buffer, bits: number): Buffer {
  const length = Math.ceil(bits / 8);
  const salt = randomBytes(hashBytes);
  const hash = sha256(Buffer.alloc(8), digest, salt);
  const block = Buffer.alloc(length - hashBytes - 1);
  block[block.length - hashBytes - 1] = 0x01;
  salt.copy(block, block.length - hashBytes);
  const mask = mgf1(hash, block.length);
  const masked = block.map((byte, index) => byte ^ (mask[index] ?? 0));
  // The number must be smaller than the modulus.
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - bits));
  return Buffer.concat([masked, hash, Buffer.of(0xbc)]);
}

/** MGF1 (RFC 8017, B.2.1). */
function mgf1(seed: Buffer, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / hashBytes) }, (_, index) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(index);
    return sha256(seed, counter);
  });
  return Buffer.concat(blocks).subarray(0, length);
}

function sha256(...parts: Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
