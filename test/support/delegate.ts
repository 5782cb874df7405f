import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { DelegateKey } from '../../signing/tokens/certificate.ts';
import { createDelegateSigner } from '../../signing/delegate-signer.ts';
import type { TokenSigner } from '../../signing/tokens/jws.ts';
import type { LeaseClaims } from '../../signing/tokens/lease-token.ts';

/** A new delegate, which nobody has certified yet. */
export function givenDelegate(kid: string): {
  signer: TokenSigner;
  key: DelegateKey;
  privateKey: KeyObject;
} {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key: DelegateKey = { kty: 'OKP', crv: 'Ed25519', x, kid };
  return { signer: createDelegateSigner({ kid, privateKey }), key, privateKey };
}

/** A lease of six minutes for the product `cad`, with three days of grace. */
export function givenLeaseClaims(at: number): LeaseClaims {
  return {
    iss: 'https://licenses.example.com',
    aud: 'cad',
    sub: 'lic_1',
    tid: 'ten_1',
    sid: 'ses_1',
    jti: 'tok_1',
    iat: at,
    nbf: at,
    exp: at + 360 + 72 * 3_600,
    lease_until: at + 360,
    hb: 120,
    tier: 'pro',
    feat: { agents: 52, betas: true, support: 'mail' },
    epoch: 1,
    fence: 7,
    rev_seq: 0,
  };
}
