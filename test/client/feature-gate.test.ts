import { expect, test } from 'vitest';
import { checkFeature } from '../../client/index.ts';
import { noList, trustRoots, verifyLease, verifyLicenseFile } from '../../client/verify/index.ts';
import { resolveEntitlements, tokenFeatures } from '../../domain/entitlement.ts';
import { makeCertificate } from '../../signing/tokens/certificate.ts';
import { makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { makeLicenseFile } from '../../signing/tokens/license-file.ts';
import { givenDelegate, givenLeaseClaims } from '../support/delegate.ts';
import { givenRoot } from '../support/roots.ts';

const at = 1_800_000_000;
const root = givenRoot(1);
const delegate = givenDelegate('d1');
const certificate = await makeCertificate(root.signer, {
  ...{ issuer: 'https://licenses.example.com', delegate: delegate.key, seq: 1, at },
  scope: ['lic-lease+jwt'],
});

const entitlements = resolveEntitlements(
  { agents: 5, projects: { value: 1, gate: 'soft' }, sso: false, support: 'mail', none: 0 },
  { projects: 3 },
);
const { roots } = trustRoots({ keys: [root.jwk] });
const demand = { roots, revoked: noList.revoked, audience: 'cad' };

/** A lease with these entitlements, as a program finds it on its disk. */
async function keptLease() {
  const claims = { ...givenLeaseClaims(at), feat: tokenFeatures(entitlements) };
  return { certificate, token: await makeLeaseToken(delegate.signer, claims) };
}

/** What the kept lease grants at an instant, without a server; null when it is not believed. */
async function grantedAt(instant: number) {
  const check = await verifyLease(await keptLease(), { ...demand, at: instant });
  return check.isGood ? check.claims.feat : null;
}

test('a gate is decided from a lease that was kept, for as long as its grace lasts', async () => {
  const { exp } = givenLeaseClaims(at);
  for (const instant of [at, at + 3_600, exp - 1]) {
    const features = (await grantedAt(instant)) ?? {};
    expect(checkFeature(features, 'agents', { used: 4 })).toMatchObject({ outcome: 'open' });
    expect(checkFeature(features, 'agents', { used: 5 })).toMatchObject({ outcome: 'closed' });
  }
  expect(await grantedAt(exp + 3_600)).toBeNull();
});

test('a gate is decided from a license file just as well', async () => {
  const { iss, aud, sub, tid, jti, iat, nbf, exp, tier, rev_seq } = givenLeaseClaims(at);
  const claims = { iss, aud, sub, tid, jti, iat, nbf, exp, tier, rev_seq };
  const feat = tokenFeatures(entitlements);
  const file = await makeLicenseFile(root.signer, {
    ...{ ...claims, feat, seats: 5, usage: ['builder'] },
  });
  const check = await verifyLicenseFile(file, { ...demand, at, device: null });
  const features = check.isGood ? check.claims.feat : {};
  expect(features).toEqual(feat);
  expect(checkFeature(features, 'agents', { used: 4 }).outcome).toBe('open');
  expect(checkFeature(features, 'sso').outcome).toBe('closed');
});

test('a lease whose features were edited grants nothing', async () => {
  const { token } = await keptLease();
  const [head = '', body = '', signature = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { feat: object };
  const more = { ...claims, feat: { ...claims.feat, sso: true } };
  const edited = Buffer.from(JSON.stringify(more)).toString('base64url');
  const chain = { certificate, token: [head, edited, signature].join('.') };
  expect(await verifyLease(chain, { ...demand, at })).toMatchObject({ fault: 'bad_signature' });
});

test('a hard gate is closed at its end; a soft one still shows what is there', async () => {
  const features = (await grantedAt(at)) ?? {};
  const outcome = (name: string, options: Parameters<typeof checkFeature>[2] = {}) =>
    checkFeature(features, name, options).outcome;
  expect(outcome('projects', { used: 2, gate: 'soft' })).toBe('open');
  expect(outcome('projects', { used: 3, gate: 'soft' })).toBe('read_only');
  expect([outcome('sso'), outcome('sso', { gate: 'soft' })]).toEqual(['closed', 'read_only']);
  expect([outcome('betas'), outcome('betas', { gate: 'soft' })]).toEqual(['closed', 'read_only']);
  expect([outcome('none'), outcome('support', { used: 9 })]).toEqual(['closed', 'open']);
  expect(outcome('toString')).toBe('closed');
});

test('the gates of a decision that was kept are those of the plan', () => {
  expect(checkFeature(entitlements, 'projects', { used: 3 })).toEqual({
    ...{ outcome: 'read_only', value: 3 },
    detail:
      'This license does not grant projects more than 3; 3 are used. What is there can still be looked at. leasehold validate --feature projects says which plan would.',
  });
  expect(checkFeature(entitlements, 'sso', { gate: 'soft' }).outcome).toBe('closed');
  expect(checkFeature(entitlements, 'agents')).toEqual({
    ...{ outcome: 'open', value: 5, detail: null },
  });
});
