import { createPublicKey, generateKeyPairSync, sign, constants, type KeyObject } from 'node:crypto';
import { existsSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { TokenSigner } from '../../signing/tokens/jws.ts';
import type { RootKey } from '../../signing/tokens/root-list.ts';

/** A root whose key is in memory. */
export interface HeldRoot {
  signer: TokenSigner;
  jwk: RootKey;
}

/**
 * Root number n, `root-<n>`. Its key is made once in a run and serves every file: making one takes a
 * second, and nobody outside the run ever trusts it.
 */
export function givenRoot(n: number): HeldRoot {
  return holdRoot(`root-${n}`, readFileSync(rootPem(n), 'utf8'));
}

/** Another key by the same name. */
export function givenForgedRoot(kid: string): HeldRoot {
  return holdRoot(kid, readFileSync(keyFile('forged'), 'utf8'));
}

function holdRoot(kid: string, pem: string): HeldRoot {
  const publicKey = createPublicKey(pem);
  return {
    jwk: rootKeyOf(kid, publicKey),
    signer: { kid, algorithm: 'PS256', sign: signPss(pem) },
  };
}

/** The public half of an RSA key as clients pin it. */
function rootKeyOf(kid: string, publicKey: KeyObject): RootKey {
  const { n = '' } = publicKey.export({ format: 'jwk' });
  return { kty: 'RSA', kid, alg: 'PS256', use: 'sig', n, e: 'AQAB' };
}

function signPss(key: string) {
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return (input: Uint8Array) => sign('sha256', input, { key, ...pss });
}

/** The file of a root's key. */
export function rootPem(n: number): string {
  return keyFile(n);
}

/** Of two files that make the same key at once, both use the one that was there first. */
function keyFile(name: number | string): string {
  const file = join(inject('scratchFolder'), `held-root-${name}.pem`);
  if (existsSync(file)) return file;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  try {
    linkSync(own, file);
  } catch (error) {
    if (!existsSync(file)) throw error;
  }
  return file;
}
