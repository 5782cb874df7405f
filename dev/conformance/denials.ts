/** Denials: proof that the server refused one request. */
import { hashCredential } from '../../signing/tokens/credential-hash.ts';
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

const request = { nonce: 'n1', instanceKey: 'i1', credential: 'LH-1' };
const claims = {
  iss: issuer,
  aud: 'cad',
  iat: at,
  exp: at + 300,
  code: 'license_revoked',
  nonce: 'n1',
  instance_key: 'i1',
  cred: await hashCredential('LH-1'),
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
  const ended = { code: 'session_ended', reason: 'lapsed' };
  const told = (code: string, reason: string | null) => ({ told: { code, reason } });
  const newer = { code: 'of_a_later_version' };
  const stranger = { code: 'unauthenticated', aud: '', instance_key: '' };
  const late = { iat: signUntil + 1, exp: signUntil + 301 };
  const damages = damagesOf(token, keys.delegate.key).slice(0, 3);

  return [
    good('good', token, {}),
    good('good for six minutes', token, {}, { at: at + 360 }),
    good('good with a code that the reader does not know', await denied(newer), newer),
    good('good, with the refusal that it came with', token, {}, told('license_revoked', null)),
    good(
      'good, with the reason that it came with',
      await denied(ended),
      ended,
      told('session_ended', 'lapsed'),
    ),
    good(
      'good for a license key that the server does not know: it names no product and no instance',
      await denied(stranger),
      stranger,
      { product: '', instanceKey: '' },
    ),
    ...damages.map(([name, text, fault]) => bad(name, text, fault)),
    bad('an edited code', edited(token, 'claims', { code: 'forbidden' }), 'bad_signature'),
    bad('a lease', await makeLeaseToken(keys.delegate.signer, leaseClaims), 'wrong_type'),
    bad('the answer to another request', token, 'other_request', { nonce: 'n2' }),
    bad('the answer to a request without a nonce', token, 'other_request', { nonce: '' }),
    bad('the answer to another instance', token, 'other_request', { instanceKey: 'i2' }),
    bad('the refusal of another credential', token, 'other_credential', { credential: 'LH-2' }),
    bad('the refusal of no credential', await denied({ cred: '' }), 'other_credential'),
    bad('another refusal than it came with', token, 'other_refusal', told('forbidden', null)),
    bad(
      'another reason than it came with',
      await denied(ended),
      'other_refusal',
      told('session_ended', 'forced'),
    ),
    bad(
      'a reason that came with one that has none',
      token,
      'other_refusal',
      told('license_revoked', 'forced'),
    ),
    bad(
      'an edited reason of an end',
      edited(await denied(ended), 'claims', { reason: 'forced' }),
      'bad_signature',
    ),
    bad('another product', token, 'wrong_audience', { product: 'cam' }),
    bad('older than six minutes', token, 'expired', { at: at + 361 }),
    bad('what denies for longer', await denied({ exp: at + 301 }), 'malformed'),
    bad('no code', await denied({ code: undefined }), 'malformed'),
    bad('no credential', await denied({ cred: undefined }), 'malformed'),
    bad('a reason that is no text', await denied({ reason: 1 }), 'malformed'),
    bad('no nonce', await denied({ nonce: '' }), 'malformed', { nonce: '' }),
    bad('too late for its delegate', await denied(late), 'outside_certificate', {
      at: signUntil + 1,
    }),
  ];
}
