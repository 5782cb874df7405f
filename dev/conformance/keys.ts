import { constants, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createDelegateSigner } from '../../signing/delegate-signer.ts';
import type { DelegateKey } from '../../signing/tokens/certificate.ts';
import type { TokenSigner } from '../../signing/tokens/jws.ts';
import type { RootKey } from '../../signing/tokens/root-list.ts';

export interface VectorRoot {
  readonly signer: TokenSigner;
  readonly jwk: RootKey;
}

export interface VectorDelegate {
  readonly signer: TokenSigner;
  readonly key: DelegateKey;
  readonly privateKey: KeyObject;
}

/** Who signs the vectors. */
export interface VectorKeys {
  /** Three in a row, `root-1` to `root-3`. */
  readonly roots: readonly [VectorRoot, VectorRoot, VectorRoot];
  /** Another key by the name of the first root. */
  readonly forged: VectorRoot;
  readonly delegate: VectorDelegate;
  /** Another key by the name of the delegate. */
  readonly twin: VectorDelegate;
}

/** Keys that exist while the vectors are made: none is ever written down. */
export function makeKeys(): VectorKeys {
  return {
    roots: [makeRoot('root-1'), makeRoot('root-2'), makeRoot('root-3')],
    forged: makeRoot('root-1'),
    delegate: makeDelegate('d1'),
    twin: makeDelegate('d1'),
  };
}

function makeRoot(kid: string): VectorRoot {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
  const { n = '' } = publicKey.export({ format: 'jwk' });
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const signPss = (input: Uint8Array) => sign('sha256', input, { key: privateKey, ...pss });
  return {
    signer: { kid, algorithm: 'PS256', sign: signPss },
    jwk: { kty: 'RSA', kid, alg: 'PS256', use: 'sig', n, e: 'AQAB' },
  };
}

export function makeDelegate(kid: string): VectorDelegate {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  return {
    signer: createDelegateSigner({ kid, privateKey }),
    key: { kty: 'OKP', crv: 'Ed25519', x, kid },
    privateKey,
  };
}
