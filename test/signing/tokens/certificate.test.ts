import { decodeJwt, jwtVerify } from 'jose';
import { expect, test } from 'vitest';
import { makeCertificate, readCertificate } from '../../../signing/tokens/certificate.ts';
import { givenDelegate } from '../../support/delegate.ts';
import { startTestKms } from '../../support/kms.ts';
import { givenTestRoot } from '../../support/root.ts';

const root = await givenTestRoot(await startTestKms());
const { key, privateKey } = givenDelegate('d1');
const at = 1_800_000_000;
const hour = 3_600;
const certified = {
  issuer: 'https://licenses.example.com',
  delegate: key,
  scope: ['lic-lease+jwt'],
  seq: 4,
  at,
} as const;
const claims = {
  iss: certified.issuer,
  iat: at,
  nbf: at - 60,
  exp: at + 216 * hour,
  sign_until: at + 24 * hour,
  verify_until: at + 216 * hour,
  scope: ['lic-lease+jwt'],
  seq: 4,
  cnf: { jwk: key },
};

test('lets a delegate sign for a day, and its tokens be believed for the longest grace and a day more', async () => {
  const certificate = await makeCertificate(root.signer, certified);
  const { payload, protectedHeader } = await jwtVerify(certificate, root.publicKey, {
    currentDate: new Date(at * 1_000),
  });
  expect(payload).toEqual(claims);
  expect(protectedHeader).toEqual({ typ: 'lic-delegate+jwt', alg: 'PS256', kid: 'r1' });
});

test('holds the public half of the key alone, even when it is given both', async () => {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const delegate = { ...key, d };
  const certificate = await makeCertificate(root.signer, { ...certified, delegate });
  expect(d).not.toBe('');
  expect(decodeJwt(certificate)).toEqual(claims);
});

test('is not made for what is no key of Ed25519', async () => {
  const delegate = { ...key, x: key.x.slice(1) };
  await expect(makeCertificate(root.signer, { ...certified, delegate })).rejects.toThrow();
});

test.each<[string, object]>([
  ['has no key', { cnf: undefined }],
  ['has a key of another curve', { cnf: { jwk: { ...key, crv: 'X25519' } } }],
  ['has a shared secret as key', { cnf: { jwk: { ...key, kty: 'oct' } } }],
  ['has a key without an id', { cnf: { jwk: { ...key, kid: undefined } } }],
  ['has no scope', { scope: undefined }],
  ['has a text as scope', { scope: 'lic-lease+jwt' }],
  ['has no number', { seq: undefined }],
  ['signs without end', { sign_until: undefined }],
  ['signs for longer than it is believed', { sign_until: claims.verify_until + 1 }],
  ['signs no more before it begins', { nbf: claims.sign_until + 1 }],
  ['ends at two times', { exp: claims.verify_until + 1 }],
])('is not read when it %s', (_how, changed) => {
  expect(readCertificate(claims)).toEqual(claims);
  expect(readCertificate({ ...claims, ...changed })).toBeNull();
});
