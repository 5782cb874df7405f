/** Certificates by themselves. */
import { makeToken } from '../../signing/tokens/jws.ts';
import { decodeJwt } from 'jose';
import type { VectorKeys } from './keys.ts';
import type { Vector, VectorDemand } from './vector.ts';
import { at, goodCertificate, signUntil, vectorOf, verifyUntil } from './world.ts';

export async function certificateVectors(keys: VectorKeys): Promise<Vector[]> {
  const token = await goodCertificate(keys);
  const claims = decodeJwt<Record<string, unknown>>(token);
  const { signer } = keys.roots[0];
  const certified = (changed: object) =>
    makeToken(signer, {
      type: 'lic-delegate+jwt',
      claims: { iat: at, exp: verifyUntil, ...claims, ...changed },
    });
  const good = (name: string, demand: Partial<VectorDemand>) =>
    vectorOf({
      ...{ name, kind: 'certificate', token, demand },
      expected: { isGood: true, claims },
    });
  const bad = (name: string, text: string) =>
    vectorOf({
      ...{ name, kind: 'certificate', token: text },
      expected: { isGood: false, part: 'certificate', fault: 'malformed' },
    });
  const { key } = keys.delegate;
  return [
    good('good', {}),
    good('good when its key may sign no more', { at: signUntil + 1 }),
    good('good in its last minute', { at: verifyUntil + 60 }),
    bad('without a key', await certified({ cnf: undefined })),
    bad('a key of another curve', await certified({ cnf: { jwk: { ...key, crv: 'X25519' } } })),
    bad('a shared secret as key', await certified({ cnf: { jwk: { ...key, kty: 'oct' } } })),
    bad('half a key', await certified({ cnf: { jwk: { ...key, x: key.x.slice(1) } } })),
    bad('a key without an id', await certified({ cnf: { jwk: { ...key, kid: undefined } } })),
    bad('without a scope', await certified({ scope: undefined })),
    bad('a text as scope', await certified({ scope: 'lic-lease+jwt' })),
    bad('without a number', await certified({ seq: undefined })),
    bad('without an end of signing', await certified({ sign_until: undefined })),
    bad('signing for longer than it is believed', await certified({ sign_until: verifyUntil + 1 })),
    bad('over before it begins', await certified({ nbf: at, sign_until: at - 1 })),
    bad('two ends', await certified({ exp: verifyUntil + 1 })),
  ];
}
