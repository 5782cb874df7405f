import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../../../signing/tokens/certificate.ts';
import { hashCredential } from '../../../signing/tokens/credential-hash.ts';
import { makeDenial, verifyDenial } from '../../../signing/tokens/denial.ts';
import { makeToken, type TrustedKey } from '../../../signing/tokens/jws.ts';
import { makeLeaseToken } from '../../../signing/tokens/lease-token.ts';
import { nothingRevoked } from '../../../signing/tokens/revocation-list.ts';
import { givenDelegate, givenLeaseClaims } from '../../support/delegate.ts';
import { startTestKms } from '../../support/kms.ts';
import { givenTestRoot } from '../../support/root.ts';

const root = await givenTestRoot(await startTestKms());
const delegate = givenDelegate('d1');
const at = 1_800_000_000;
const issuer = 'https://licenses.example.com';
const certificate = await makeCertificate(root.signer, {
  issuer,
  delegate: delegate.key,
  scope: ['lic-lease+jwt', 'lic-denial+jwt'],
  seq: 1,
  at,
});
const credential = 'LH-1';
const request = { audience: 'cad', nonce: 'n1', instanceKey: 'i1', credential };
const token = await makeDenial(delegate.signer, {
  ...request,
  issuer,
  code: 'license_revoked',
  at,
});
const claims = {
  iss: issuer,
  aud: 'cad',
  iat: at,
  exp: at + 300,
  code: 'license_revoked',
  nonce: 'n1',
  instance_key: 'i1',
  cred: await hashCredential(credential),
};
const told = (code: string, reason: string | null = null) => ({ code, reason });
const roots = new Map<string, TrustedKey>([['r1', { algorithm: 'PS256', key: root.publicKey }]]);
const demand = { ...request, roots, revoked: nothingRevoked, at };

test('is believed by whoever sent the request that it refuses, for five minutes and the skew', async () => {
  const believed = { isGood: true, claims };
  expect(await verifyDenial({ certificate, token }, demand)).toEqual(believed);
  expect(await verifyDenial({ certificate, token }, { ...demand, at: at + 360 })).toEqual(believed);
});

test('is believed with the reason that it gives, and no other', async () => {
  const ended = { ...request, issuer, code: 'session_ended', reason: 'lapsed', at } as const;
  const signed = { certificate, token: await makeDenial(delegate.signer, ended) };
  const judge = (reason: string | null) =>
    verifyDenial(signed, { ...demand, told: told('session_ended', reason) });
  expect(await judge('lapsed')).toMatchObject({ isGood: true, claims: { reason: 'lapsed' } });
  for (const other of ['forced', null]) {
    expect(await judge(other)).toMatchObject({ isGood: false, fault: 'other_refusal' });
  }
});

test('is believed with a code that the reader does not know', async () => {
  const newer = { ...claims, code: 'of_a_later_version' };
  const unknown = await makeToken(delegate.signer, { type: 'lic-denial+jwt', claims: newer });
  const check = await verifyDenial({ certificate, token: unknown }, demand);
  expect(check).toEqual({ isGood: true, claims: newer });
});

describe('denies nothing', () => {
  test.each([
    ['to another request of the instance', { nonce: 'n2' }, 'other_request'],
    ['to a request without a nonce', { nonce: '' }, 'other_request'],
    ['to another instance', { instanceKey: 'i2' }, 'other_request'],
    ['to a request of no instance', { instanceKey: '' }, 'other_request'],
    ['to whoever came with another credential', { credential: 'LH-2' }, 'other_credential'],
    ['to whoever came with none', { credential: '' }, 'other_credential'],
    ['when it came with another code', { told: told('forbidden') }, 'other_refusal'],
    ['when it came with a reason', { told: told('license_revoked', 'forced') }, 'other_refusal'],
    ['to another product', { audience: 'cam' }, 'wrong_audience'],
    ['when it is six minutes old', { at: at + 361 }, 'expired'],
  ])('%s', async (_what, changed, fault) => {
    const check = await verifyDenial({ certificate, token }, { ...demand, ...changed });
    expect(check).toEqual({ isGood: false, part: 'token', fault });
  });

  test('when the request had no nonce, to anybody', async () => {
    const unknown = { nonce: '' };
    const denied = { ...request, ...unknown, issuer, code: 'license_revoked', at } as const;
    const unbound = await makeDenial(delegate.signer, denied);
    for (const asked of [request, { ...request, ...unknown }]) {
      const check = await verifyDenial({ certificate, token: unbound }, { ...demand, ...asked });
      expect(check).toEqual({ isGood: false, part: 'token', fault: 'malformed' });
    }
  });

  test('when it would live longer than five minutes', async () => {
    const longer = { ...claims, exp: at + 301 };
    const forever = await makeToken(delegate.signer, { type: 'lic-denial+jwt', claims: longer });
    const check = await verifyDenial({ certificate, token: forever }, demand);
    expect(check).toEqual({ isGood: false, part: 'token', fault: 'malformed' });
  });

  test('when it is a lease', async () => {
    const lease = await makeLeaseToken(delegate.signer, givenLeaseClaims(at));
    const check = await verifyDenial({ certificate, token: lease }, demand);
    expect(check).toEqual({ isGood: false, part: 'token', fault: 'wrong_type' });
  });
});
