/** Leases and the certificates that they come with. */
import { makeCertificate } from '../../signing/tokens/certificate.ts';
import { makeToken, type TokenSigner } from '../../signing/tokens/jws.ts';
import { makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { damagesOf, spellingsOf } from './damage.ts';
import { edited } from './forgery.ts';
import { makeDelegate, type VectorKeys } from './keys.ts';
import type { Text, Vector, VectorDemand } from './vector.ts';
import {
  at,
  certifiedOf,
  goodCertificate,
  leaseClaims as claims,
  signedClaims,
  signUntil,
  vectorOf,
  verifyUntil,
} from './world.ts';

const holder = { licenseId: 'lic_1', sessionId: 'ses_1' };
const type = 'lic-lease+jwt';
const nothing = { keys: [], licenses: [], leases: [] };

export async function leaseVectors(keys: VectorKeys): Promise<Vector[]> {
  const certificate = await goodCertificate(keys);
  const token = await makeLeaseToken(keys.delegate.signer, claims);
  const leased = (changed: object) => signedClaims(keys, type, { ...claims, ...changed });
  const good = (name: string, text: string, changed: object, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'lease', token: text, certificate, demand: { ...holder, ...demand } },
      expected: { isGood: true, claims: { ...claims, ...changed } },
    });
  const bad = (name: string, text: Text, fault: string, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name, kind: 'lease', token: text, certificate, demand: { ...holder, ...demand } },
      expected: { isGood: false, part: 'token', fault },
    });
  const last = { iat: signUntil, nbf: signUntil, lease_until: signUntil, exp: verifyUntil };
  const answer = { nonce: 'n1' };
  const old = { ...answer, iat: at + 60, nbf: at + 60 };
  const range = { license: 'lic_1', epoch: 1, fences: [5, 7] as [number, number] };
  const root = keys.roots[0];

  return [
    good('good', token, {}),
    good('good, asked for no license or session', token, {}, { licenseId: undefined }),
    good('good for a minute after its end', token, {}, { at: claims.exp + 60 }),
    good('good for whoever is a minute behind', token, {}, { at: at - 60 }),
    good(
      'good long after its delegate signs no more: issued in its last second',
      await leased(last),
      last,
      { at: verifyUntil },
    ),
    good(
      'good, with a range of revoked grants before it',
      token,
      {},
      {
        revoked: { ...nothing, leases: [{ ...range, fences: [1, 6] }] },
      },
    ),
    good(
      'good, with the grants of another epoch revoked',
      token,
      {},
      {
        revoked: { ...nothing, leases: [{ ...range, epoch: 2 }] },
      },
    ),
    good('good, the answer to the request', await leased(answer), answer, { nonce: 'n1' }),
    good('good, asked for no request', await leased(answer), answer),
    bad('a replayed answer to an earlier request', await leased(answer), 'other_request', {
      nonce: 'n2',
    }),
    bad('a replayed answer, as of its own time', await leased(old), 'other_request', {
      ...{ nonce: 'n2', at: old.iat },
    }),
    bad('the answer to no request', token, 'other_request', { nonce: 'n1' }),
    ...damagesOf(token, keys.delegate.key).map(([name, text, fault]) => bad(name, text, fault)),
    ...spellingsOf(token, keys.delegate).map(([name, text, fault]) => bad(name, text, fault)),
    bad('a denial', await signedClaims(keys, 'lic-denial+jwt', claims), 'wrong_type'),
    bad('what the root signed', await makeToken(root.signer, { type, claims }), 'unknown_key'),
    bad(
      'what a delegate signed that is not the certified one',
      await makeLeaseToken(makeDelegate('d2').signer, claims),
      'unknown_key',
    ),
    bad('what its twin signed', await makeLeaseToken(keys.twin.signer, claims), 'bad_signature'),
    bad('the future', await leased({ iat: at + 61, nbf: at + 61 }), 'not_yet_valid'),
    bad('the future of its begin alone', await leased({ nbf: at + 61 }), 'not_yet_valid'),
    bad('what is over', token, 'expired', { at: claims.exp + 61 }),
    bad('another product', token, 'wrong_audience', { product: 'cam' }),
    bad('another license', token, 'other_license', { licenseId: 'lic_2' }),
    bad('another session', token, 'other_session', { sessionId: 'ses_2' }),
    bad(
      'what was issued before its delegate might sign',
      await leased({ iat: at - 61 }),
      'outside_certificate',
    ),
    bad(
      'what was issued when its delegate might sign no more',
      await leased({ ...last, iat: signUntil + 1, lease_until: signUntil + 1 }),
      'outside_certificate',
      { at: signUntil + 1 },
    ),
    bad(
      'what ends later than its certificate',
      await leased({ exp: verifyUntil + 1 }),
      'outside_certificate',
    ),
    bad('a revoked license', token, 'revoked_license', {
      revoked: { ...nothing, licenses: ['lic_1'] },
    }),
    bad('a revoked grant', token, 'revoked_lease', { revoked: { ...nothing, leases: [range] } }),
    bad('no session', await leased({ sid: undefined }), 'malformed'),
    bad('a list as features', await leased({ feat: ['betas'] }), 'malformed'),
    bad('features within features', await leased({ feat: { a: { b: 1 } } }), 'malformed'),
    bad('a seat that outlives it', await leased({ lease_until: claims.exp + 1 }), 'malformed'),
    bad('a seat that ends before it begins', await leased({ lease_until: at - 1 }), 'malformed'),
    bad('an empty nonce', await leased({ nonce: '' }), 'malformed'),
    bad('no beats', await leased({ hb: 0 }), 'malformed'),
    ...(await certificateCases(keys, certificate, token)),
  ];
}

/** The token is good, its certificate is not. */
async function certificateCases(
  keys: VectorKeys,
  certificate: string,
  token: string,
): Promise<Vector[]> {
  const bad = (name: string, text: Text, fault: string, demand: Partial<VectorDemand> = {}) =>
    vectorOf({
      ...{ name: `a certificate: ${name}`, kind: 'lease', token, certificate: text, demand },
      expected: { isGood: false, part: 'certificate', fault },
    });
  const [root] = keys.roots;
  const certified = certifiedOf(keys);
  const by = (signer: TokenSigner) => makeCertificate(signer, certified);
  const { signer } = keys.twin;
  return [
    bad('which the delegate signed', await by(signer), 'unknown_key'),
    bad('which another root signed by that name', await by(keys.forged.signer), 'bad_signature'),
    bad('by the name of the root', await by({ ...signer, kid: 'root-1' }), 'wrong_algorithm'),
    bad('of a root that is not pinned', await by(keys.roots[2].signer), 'unknown_key'),
    bad('of no root that is pinned', certificate, 'unknown_key', { pinned: ['root-2'] }),
    bad('of a revoked root', certificate, 'revoked_key', {
      revoked: { ...nothing, keys: ['root-1'] },
    }),
    bad('of a revoked delegate', certificate, 'revoked_key', {
      revoked: { ...nothing, keys: ['d1'] },
    }),
    bad('which is a lease', token, 'wrong_type'),
    bad('edited', edited(certificate, 'claims', { sign_until: verifyUntil }), 'bad_signature'),
    bad(
      'with the algorithm none',
      edited(certificate, 'header', { alg: 'none' }),
      'wrong_algorithm',
    ),
    bad('of the future', certificate, 'not_yet_valid', { at: at - 61 }),
    bad('over', certificate, 'expired', { at: verifyUntil + 61 }),
    bad(
      'for denials alone',
      await makeCertificate(root.signer, { ...certified, scope: ['lic-denial+jwt'] }),
      'outside_scope',
    ),
    bad(
      'which names no key',
      await makeToken(root.signer, { type: 'lic-delegate+jwt', claims }),
      'malformed',
    ),
    bad('1 MB', { repeat: 'A', times: 1_000_000 }, 'too_long'),
    bad('nothing', '', 'malformed'),
  ];
}
