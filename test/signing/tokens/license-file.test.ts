import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { armor, readArmor } from '../../../signing/tokens/armor.ts';
import { hashDevice } from '../../../signing/tokens/device-hash.ts';
import { makeToken, type TokenSigner } from '../../../signing/tokens/jws.ts';
import {
  makeLicenseFile,
  verifyLicenseFile,
  type LicenseFileClaims,
  type LicenseFileDemand,
} from '../../../signing/tokens/license-file.ts';
import { nothingRevoked } from '../../../signing/tokens/revocation-list.ts';
import { trustPinned } from '../../../signing/tokens/root-list.ts';
import { givenDelegate } from '../../support/delegate.ts';
import { givenForgedRoot, givenRoot } from '../../support/roots.ts';

const root = givenRoot(1);
const at = 1_800_000_000;
const day = 86_400;
const device = await hashDevice('cad', 'a1b2');
const another = await hashDevice('cad', 'z9');
const claims: LicenseFileClaims = {
  iss: 'https://licenses.example.com',
  aud: 'cad',
  sub: 'lic_1',
  tid: 'ten_1',
  jti: 'chk_1',
  iat: at,
  nbf: at,
  exp: at + 3 * day,
  license_until: at + 300 * day,
  tier: 'pro',
  feat: { agents: 52, betas: true, support: 'mail' },
  seats: 5,
  usage: ['builder'],
  fp: device,
  nonce: 'n1',
  rev_seq: 4,
};
const demand: LicenseFileDemand = {
  roots: trustPinned({ keys: [root.jwk] }).roots,
  revoked: nothingRevoked,
  ...{ at, audience: 'cad', device },
};
const file = await makeLicenseFile(root.signer, claims);
const unbound = await makeLicenseFile(root.signer, { ...claims, fp: undefined });

const tokenOf = (armored: string): string => {
  const check = readArmor('LICENSE FILE', armored);
  return check.isGood ? check.text : '';
};
const faultOf = async (armored: string, changed: Partial<LicenseFileDemand> = {}) => {
  const check = await verifyLicenseFile(armored, { ...demand, ...changed });
  return check.isGood ? null : check.fault;
};
const signedBy = async (signer: TokenSigner, type = 'lic-file+jwt' as const) =>
  armor('LICENSE FILE', await makeToken(signer, { type, claims }));

test('is one token of the root between the lines that people carry', () => {
  const token = tokenOf(file);
  expect(decodeProtectedHeader(token)).toEqual({
    typ: 'lic-file+jwt',
    alg: 'PS256',
    kid: 'root-1',
  });
  expect(decodeJwt(token)).toEqual(claims);
});

test('says nothing of a person, and nothing by which the device could be known', async () => {
  const more = { fingerprint: 'a1b2', name: 'Ann’s laptop', email: 'ann@example.com' };
  const token = tokenOf(await makeLicenseFile(root.signer, { ...claims, ...more }));
  expect(decodeJwt(token)).toEqual(claims);
  expect(JSON.stringify(decodeJwt(token))).not.toContain('a1b2');
  expect(await hashDevice('cam', 'a1b2')).not.toBe(device);
});

test.each([
  ['ends before it begins', { exp: claims.nbf - 1 }],
  ['outlives its license', { license_until: claims.exp - 1 }],
  ['allows no use', { usage: [] }],
])('is not made when it %s', async (_how, changed) => {
  await expect(makeLicenseFile(root.signer, { ...claims, ...changed })).rejects.toThrow();
});

describe('is believed', () => {
  test.each([
    ['on its device', file, {}],
    ['by whoever looks at product and device himself', file, { audience: null, device: null }],
    ['on every device when it is bound to none', unbound, { device: another }],
    ['as the answer to its request', file, { nonce: 'n1' }],
    ['a minute after its end, for clocks that differ', file, { at: claims.exp + 60 }],
    ['when another license is revoked', file, { revoked: revoking({ licenses: ['lic_2'] }) }],
  ])('%s', async (_when, armored, changed) => {
    const check = await verifyLicenseFile(armored, { ...demand, ...changed });
    expect(check).toMatchObject({ isGood: true, kid: 'root-1', claims: { sub: 'lic_1' } });
  });
});

describe('is refused', () => {
  test.each([
    ['expired', { at: claims.exp + 61 }],
    ['not_yet_valid', { at: at - 61 }],
    ['wrong_audience', { audience: 'cam' }],
    ['other_device', { device: another }],
    ['other_request', { nonce: 'n2' }],
    ['revoked_key', { revoked: revoking({ keys: ['root-1'] }) }],
    ['revoked_license', { revoked: revoking({ licenses: ['lic_1'] }) }],
    ['unknown_key', { roots: trustPinned({ keys: [givenRoot(2).jwk] }).roots }],
  ])('as %s', async (fault, changed) => {
    expect(await faultOf(file, changed)).toBe(fault);
  });

  test('when another key signed it by the name of the root', async () => {
    expect(await faultOf(await signedBy(givenForgedRoot('root-1').signer))).toBe('bad_signature');
  });

  test('when a delegate signed it, whatever it calls itself', async () => {
    expect(await faultOf(await signedBy(givenDelegate('d1').signer))).toBe('unknown_key');
    expect(await faultOf(await signedBy(givenDelegate('root-1').signer))).toBe('wrong_algorithm');
  });

  test('when the root signed it for another use, or it lacks a claim', async () => {
    const list = await makeToken(root.signer, { type: 'lic-revoked+jwt', claims });
    expect(await faultOf(armor('LICENSE FILE', list))).toBe('wrong_type');
    const bare = { iat: at, exp: claims.exp, aud: 'cad' };
    const token = await makeToken(root.signer, { type: 'lic-file+jwt', claims: bare });
    expect(await faultOf(armor('LICENSE FILE', token))).toBe('malformed');
  });

  test('when one letter of it changed, or it is no such file', async () => {
    const body = tokenOf(file);
    const at = body.lastIndexOf('.') + 20;
    const changed = `${body.slice(0, at)}${body[at] === 'A' ? 'B' : 'A'}${body.slice(at + 1)}`;
    expect(await faultOf(armor('LICENSE FILE', changed))).toBe('bad_signature');
    expect(await faultOf(tokenOf(file))).toBe('no_begin');
    expect(await faultOf(armor('REQUEST FILE', tokenOf(file)))).toBe('other_kind');
  });
});

function revoking(listed: { keys?: string[]; licenses?: string[] }) {
  const { keys = [], licenses = [] } = listed;
  return { ...nothingRevoked, keys: new Set(keys), licenses: new Set(licenses) };
}
