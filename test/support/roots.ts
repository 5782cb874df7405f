import { createPublicKey, generateKeyPairSync, sign, constants, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
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
  return holdRoot(`root-${n}`, readKey(n));
}

/** Another key by the same name. */
export function givenForgedRoot(kid: string): HeldRoot {
  return holdRoot(kid, readKey('forged'));
}

function holdRoot(kid: string, pem: string): HeldRoot {
  const publicKey = createPublicKey(pem);
  return {
    jwk: rootKeyOf(kid, publicKey),
    signer: { kid, algorithm: 'PS256', sign: signPss(pem) },
  };
}

/** The public half of an RSA key as clients pin it. */
export function rootKeyOf(kid: string, publicKey: KeyObject): RootKey {
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

/** Two files that make the same key at once both use the one that was there first, or their own. */
function readKey(name: number | string): string {
  const file = join(inject('scratchFolder'), `held-root-${name}.pem`);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(`${file}.${process.pid}`, pem, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
  return pem;
}
