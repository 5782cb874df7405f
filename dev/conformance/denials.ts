/** Denials: proof that the server refused one request. */
import { makeDenial } from '../../signing/tokens/denial.ts';
import { makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { damagesOf } from './damage.ts';
import { edited } from './forgery.ts';
import type { VectorKeys } from './keys.ts';
import type { Text, Vector, VectorDemand } from './vector.ts';
import {
  at,
  goodCertificate,
  issuer,
  leaseClaims,
  signedClaims,
  signUntil,
  vectorOf,
} from './world.ts';

const request = { nonce: 'n1', instanceKey: 'i1' };
const claims = {
  iss: issuer,
  aud: 'cad',
  iat: at,
  exp: at + 300,
  code: 'license_revoked',
  nonce: 'n1',
  instance_key: 'i1',
};

export async function denialVectors(keys: VectorKeys): Promise<Vector[]> {
  const certificate = await goodCertificate(keys);
  const token = await makeDenial(keys.delegate.signer, {
    ...{ ...request, audience: 'cad', issuer, code: 'license_revoked', at },
  });
  const denied = (changed: object) =>
    signedClaims(keys, 'lic-denial+jwt', { ...claims, ...changed });
  const good = (name: string, text: string, changed: object, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'denial', token: text, certificate, demand: { ...request, ...demand } },
      expected: { isGood: true, claims: { ...claims, ...changed } },
    });
  const bad = (name: string, text: Text, fault: string, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'denial', token: text, certificate, demand: { ...request, ...demand } },
      expected: { isGood: false, part: 'token', fault },
    });
  const newer = { code: 'of_a_later_version' };
  const late = { iat: signUntil + 1, exp: signUntil + 301 };
  const damages = damagesOf(token, keys.roots[0].jwk).slice(0, 3);

  return [
    good('good', token, {}),
    good('good for six minutes', token, {}, { at: at + 360 }),
    good('good with a code that the reader does not know', await denied(newer), newer),
    ...damages.map(([name, text, fault]) => bad(name, text, fault)),
    bad('an edited reason', edited(token, 'claims', { code: 'forbidden' }), 'bad_signature'),
    bad('a lease', await makeLeaseToken(keys.delegate.signer, leaseClaims), 'wrong_type'),
    bad('the answer to another request', token, 'other_request', { nonce: 'n2' }),
    bad('the answer to a request without a nonce', token, 'other_request', { nonce: '' }),
    bad('the answer to another instance', token, 'other_request', { instanceKey: 'i2' }),
    bad('another product', token, 'wrong_audience', { product: 'cam' }),
    bad('older than six minutes', token, 'expired', { at: at + 361 }),
    bad('what denies for longer', await denied({ exp: at + 301 }), 'malformed'),
    bad('no reason', await denied({ code: undefined }), 'malformed'),
    bad('no nonce', await denied({ nonce: '' }), 'malformed', { nonce: '' }),
    bad('too late for its delegate', await denied(late), 'outside_certificate', {
      at: signUntil + 1,
    }),
  ];
}
