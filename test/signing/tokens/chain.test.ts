import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeCertificate, type DelegatedType } from '../../../signing/tokens/certificate.ts';
import { verifyChain, type ChainFault } from '../../../signing/tokens/chain.ts';
import { makeToken, type TokenSigner, type TrustedKey } from '../../../signing/tokens/jws.ts';
import { leaseFormat, makeLeaseToken } from '../../../signing/tokens/lease-token.ts';
import { nothingRevoked } from '../../../signing/tokens/revocation-list.ts';
import { givenDelegate, givenLeaseClaims } from '../../support/delegate.ts';
import { startTestKms } from '../../support/kms.ts';
import { givenTestRoot } from '../../support/root.ts';

const root = await givenTestRoot(await startTestKms());
const delegate = givenDelegate('d1');
/** A key of somebody else's under the delegate's name. */
const twin = givenDelegate('d1');
const at = 1_800_000_000;
const signUntil = at + 24 * 3_600;
const verifyUntil = signUntil + 192 * 3_600;

const scope: readonly DelegatedType[] = ['lic-lease+jwt', 'lic-denial+jwt'];
const issuer = 'https://licenses.example.com';
const certified = { issuer, delegate: delegate.key, scope, seq: 1, at };
const certificate = await makeCertificate(root.signer, certified);
const claims = givenLeaseClaims(at);
const token = await makeLeaseToken(delegate.signer, claims);

const roots = new Map<string, TrustedKey>([['r1', { algorithm: 'PS256', key: root.publicKey }]]);
const demand = { format: leaseFormat, roots, revoked: nothingRevoked, at, audience: 'cad' };

/** A lease with other claims, signed by the delegate whatever they say. */
function leased(changed: object): Promise<string> {
  const type = leaseFormat.type;
  return makeToken(delegate.signer, { type, claims: { ...claims, ...changed } });
}

/** Signs as the root does, under its name, with a key of somebody else's. */
function forgedRoot(): TokenSigner {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const signPss = (input: Uint8Array) => sign('sha256', input, { key, ...pss });
  return { kid: 'r1', algorithm: 'PS256', sign: signPss };
}

function certifiedBy(signer: TokenSigner): Promise<string> {
  return makeCertificate(signer, { ...certified, delegate: twin.key });
}

/** The same header and signature around other claims. */
function edited(signed: string, changed: object): string {
  const [head = '', body = '', signature = ''] = signed.split('.');
  const original = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
  const other = Buffer.from(JSON.stringify({ ...original, ...changed })).toString('base64url');
  return `${head}.${other}.${signature}`;
}

describe('is believed', () => {
  test('what a delegate signed that a pinned root certified', async () => {
    expect(await verifyChain({ certificate, token }, demand)).toEqual({ isGood: true, claims });
  });

  test('long after its delegate signs no more, when it was issued while it did', async () => {
    const exp = verifyUntil - 60;
    const last = await leased({ iat: signUntil, nbf: signUntil, lease_until: signUntil, exp });
    const check = await verifyChain({ certificate, token: last }, { ...demand, at: exp });
    expect(check).toMatchObject({ isGood: true, claims: { iat: signUntil } });
  });

  test('when the clock of the process that signed is a minute behind', async () => {
    const early = await leased({ iat: at - 60, nbf: at - 60 });
    const check = await verifyChain({ certificate, token: early }, demand);
    expect(check).toMatchObject({ isGood: true });
  });
});

describe('is refused, for its certificate,', async () => {
  const long = 'A'.repeat(1_000_000);
  test.each<[string, string, object, ChainFault]>([
    ['which the delegate signed', await certifiedBy(delegate.signer), {}, 'unknown_key'],
    ['which a forged root signed', await certifiedBy(forgedRoot()), {}, 'bad_signature'],
    [
      'which a delegate signed under the name of the root',
      await certifiedBy({ ...twin.signer, kid: 'r1' }),
      {},
      'wrong_algorithm',
    ],
    ['whose root is not pinned', certificate, { roots: new Map() }, 'unknown_key'],
    [
      'whose root is revoked',
      certificate,
      { revoked: { ...nothingRevoked, keys: new Set(['r1']) } },
      'revoked_key',
    ],
    [
      'whose delegate is revoked',
      certificate,
      { revoked: { ...nothingRevoked, keys: new Set(['d1']) } },
      'revoked_key',
    ],
    ['which is a lease', token, {}, 'wrong_type'],
    ['which was edited', edited(certificate, { sign_until: verifyUntil }), {}, 'bad_signature'],
    ['which is of the future', certificate, { at: at - 61 }, 'not_yet_valid'],
    ['which is over', certificate, { at: verifyUntil + 61 }, 'expired'],
    [
      'which is for denials alone',
      await makeCertificate(root.signer, { ...certified, scope: ['lic-denial+jwt'] }),
      {},
      'outside_scope',
    ],
    [
      'which names no key',
      await makeToken(root.signer, { type: 'lic-delegate+jwt', claims }),
      {},
      'malformed',
    ],
    ['which is 1 MB', long, {}, 'too_long'],
  ])('%s', async (_what, other, changed, fault) => {
    const check = await verifyChain({ certificate: other, token }, { ...demand, ...changed });
    expect(check).toEqual({ isGood: false, part: 'certificate', fault });
  });
});

describe('is refused', async () => {
  const { sub: license, epoch, fence } = claims;
  const leases = [{ license, epoch, fences: [fence, fence] }];
  const type = leaseFormat.type;
  test.each<[string, string, object, ChainFault]>([
    ['what the root signed', await makeToken(root.signer, { type, claims }), {}, 'unknown_key'],
    [
      'what a delegate signed that is not the certified one',
      await makeLeaseToken(givenDelegate('d2').signer, claims),
      {},
      'unknown_key',
    ],
    ['what its twin signed', await makeLeaseToken(twin.signer, claims), {}, 'bad_signature'],
    ['an edited claim', edited(token, { exp: verifyUntil }), {}, 'bad_signature'],
    [
      'another type',
      await makeToken(delegate.signer, { type: 'lic-denial+jwt', claims }),
      {},
      'wrong_type',
    ],
    ['another product', token, { audience: 'cam' }, 'wrong_audience'],
    ['the future', await leased({ iat: at + 61, nbf: at + 61 }), {}, 'not_yet_valid'],
    ['what is over', token, { at: claims.exp + 61 }, 'expired'],
    [
      'what was issued before its delegate might sign',
      await leased({ iat: at - 61 }),
      {},
      'outside_certificate',
    ],
    [
      'what was issued when its delegate might sign no more',
      await leased({ iat: signUntil + 1, lease_until: signUntil + 1 }),
      { at: signUntil + 1 },
      'outside_certificate',
    ],
    [
      'what ends later than its certificate',
      await leased({ exp: verifyUntil + 1 }),
      {},
      'outside_certificate',
    ],
    [
      'a revoked license',
      token,
      { revoked: { ...nothingRevoked, licenses: new Set([claims.sub]) } },
      'revoked_license',
    ],
    ['a revoked lease', token, { revoked: { ...nothingRevoked, leases } }, 'revoked_lease'],
    ['a lease without a session', await leased({ sid: undefined }), {}, 'malformed'],
    ['a lease with a list as features', await leased({ feat: ['betas'] }), {}, 'malformed'],
    [
      'a seat for longer than the lease',
      await leased({ lease_until: verifyUntil }),
      {},
      'malformed',
    ],
    ['1 MB', 'A'.repeat(1_000_000), {}, 'too_long'],
  ])('%s', async (_what, other, changed, fault) => {
    const check = await verifyChain({ certificate, token: other }, { ...demand, ...changed });
    expect(check).toEqual({ isGood: false, part: 'token', fault });
  });
});
