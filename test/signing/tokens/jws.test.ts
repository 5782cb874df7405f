import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { createDelegateSigner } from '../../../signing/delegate-signer.ts';
import {
  makeToken,
  verifyToken,
  type TokenDemand,
  type TrustedKey,
} from '../../../signing/tokens/jws.ts';
import { startTestKms } from '../../support/kms.ts';
import { givenTestRoot } from '../../support/root.ts';

const root = await givenTestRoot(await startTestKms());
const pair = generateKeyPairSync('ed25519');
const delegate = createDelegateSigner({ kid: 'd1', privateKey: pair.privateKey });
const keys = new Map<string, TrustedKey>([
  ['d1', { algorithm: 'Ed25519', key: pair.publicKey }],
  ['r1', { algorithm: 'PS256', key: root.publicKey }],
]);

const at = 1_800_000_000;
const type = 'lic-lease+jwt';
const claims = { iat: at, nbf: at, exp: at + 900, aud: 'cad', sub: 'lic_1' };
const demand: TokenDemand = { type, keys, at, audience: 'cad' };
const good = await makeToken(delegate, { type, claims });
const byRoot = await makeToken(root.signer, { type, claims });
const [head = '', body = '', signature = ''] = good.split('.');

const encode = (value: unknown) => encodeText(JSON.stringify(value));
const encodeText = (text: string) => Buffer.from(text).toString('base64url');

/** Signed by the delegate whatever it says. */
function signed(header: unknown, text: string): string {
  const input = `${encode(header)}.${encodeText(text)}`;
  return `${input}.${sign(null, Buffer.from(input), pair.privateKey).toString('base64url')}`;
}
const header = { typ: type, alg: 'Ed25519', kid: 'd1' };
const claimed = (changed: object) => signed(header, JSON.stringify({ ...claims, ...changed }));

function nested(depth: number): string {
  return encodeText(`{"kid":${'['.repeat(depth)}${']'.repeat(depth)}}`);
}

/** A token whose mac is made of what everybody knows: the public key. */
function withPublicKeyAsSecret(kid: string): string {
  const secret = root.publicKey.export({ type: 'spki', format: 'pem' });
  const input = `${encode({ ...header, alg: 'HS256', kid })}.${body}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe('is believed', () => {
  test.each([
    ['the delegate', good, 'd1'],
    ['the root in KMS', byRoot, 'r1'],
  ])('what %s signed', async (_who, token, kid) => {
    expect(await verifyToken(token, demand)).toEqual({ isGood: true, kid, claims });
  });

  test.each([
    ['the delegate', good, pair.publicKey],
    ['the root in KMS', byRoot, root.publicKey],
  ])('what %s signed, by whoever knows JWTs', async (_who, token, key) => {
    const currentDate = new Date(at * 1_000);
    const { payload } = await jwtVerify(token, key, { typ: type, audience: 'cad', currentDate });
    expect(payload).toEqual(claims);
  });

  test('a long one that is still within 64 KB', async () => {
    const long = { ...claims, feat: 'x'.repeat(48_000) };
    const token = await makeToken(delegate, { type, claims: long });
    expect(await verifyToken(token, demand)).toMatchObject({ isGood: true, claims: long });
  });

  test.each([at - 60, at + 960])('when clocks differ by a minute: %i', async (then) => {
    expect(await verifyToken(good, { ...demand, at: then })).toMatchObject({ isGood: true });
  });
});

describe('is refused', () => {
  const edited = encode({ ...claims, exp: at + 9_000_000 });
  test.each([
    ['alg none without a signature', `${encode({ ...header, alg: 'none' })}.${body}.`, 'malformed'],
    ['alg none', `${encode({ ...header, alg: 'none' })}.${body}.${signature}`, 'wrong_algorithm'],
    ['HS256 with the public key', withPublicKeyAsSecret('r1'), 'wrong_algorithm'],
    ['the other algorithm of ours', signed({ ...header, alg: 'PS256' }, '{}'), 'wrong_algorithm'],
    ['the old name of the algorithm', signed({ ...header, alg: 'EdDSA' }, '{}'), 'wrong_algorithm'],
    ['the key id of another key', signed({ ...header, kid: 'r1' }, '{}'), 'wrong_algorithm'],
    [
      'the key id of another key and its algorithm',
      signed({ typ: type, alg: 'PS256', kid: 'r1' }, JSON.stringify(claims)),
      'bad_signature',
    ],
    ['an unknown or revoked key', signed({ ...header, kid: 'd0' }, '{}'), 'unknown_key'],
    ['no key id', signed({ typ: type, alg: 'Ed25519' }, '{}'), 'malformed'],
    [
      'a name of every object as key id',
      signed({ ...header, kid: '__proto__' }, '{}'),
      'unknown_key',
    ],
    ['another type', signed({ ...header, typ: 'lic-denial+jwt' }, '{}'), 'wrong_type'],
    ['the type that everybody uses', signed({ ...header, typ: 'JWT' }, '{}'), 'wrong_type'],
    ['no type', signed({ alg: 'Ed25519', kid: 'd1' }, '{}'), 'wrong_type'],
    ['a key of its own', signed({ ...header, jwk: {} }, JSON.stringify(claims)), 'malformed'],
    [
      'a critical extension',
      signed({ ...header, crit: ['b64'], b64: false }, JSON.stringify(claims)),
      'malformed',
    ],
    ['an edited claim', `${head}.${edited}.${signature}`, 'bad_signature'],
    [
      'an edited header',
      `${encode({ ...header, kid: 'r1', alg: 'PS256' })}.${body}.${signature}`,
      'bad_signature',
    ],
    ['a signature that is cut', good.slice(0, -2), 'bad_signature'],
    ['claims before their time', claimed({ iat: at + 61 }), 'not_yet_valid'],
    ['claims that begin later', claimed({ nbf: at + 61 }), 'not_yet_valid'],
    ['claims after their time', claimed({ exp: at - 61 }), 'expired'],
    ['no end', claimed({ exp: undefined }), 'malformed'],
    ['an end that is a text', claimed({ exp: String(at + 900) }), 'malformed'],
    ['a beginning that is a text', claimed({ nbf: '0' }), 'malformed'],
    ['another product', claimed({ aud: 'cam' }), 'wrong_audience'],
    ['no product', claimed({ aud: undefined }), 'wrong_audience'],
    ['a claim twice', signed(header, `{"exp":1,${JSON.stringify(claims).slice(1)}`), 'malformed'],
    [
      'a claim twice, once disguised',
      signed(header, `{"\\u0065xp":1,${JSON.stringify(claims).slice(1)}`),
      'malformed',
    ],
    [
      'a claim twice further in',
      signed(header, JSON.stringify({ ...claims, x: 0 }).replace('"x":0', '"x":{"a":1,"a":2}')),
      'malformed',
    ],
    ['claims that are a list', signed(header, '[]'), 'malformed'],
    ['claims that are no JSON', signed(header, '{'), 'malformed'],
    ['1 MB', `${head}.${'A'.repeat(1_000_000)}.${signature}`, 'too_long'],
    ['1 MB of dots', '.'.repeat(1_000_000), 'too_long'],
    ['a character more than 64 KB', '.'.repeat(65_537), 'too_long'],
    ['a header that is 20,000 lists deep', `${nested(20_000)}.${body}.${signature}`, 'malformed'],
    ['a part too many', `${good}.${signature}`, 'malformed'],
    ['a part too few', `${head}.${body}`, 'malformed'],
    ['nothing', '', 'malformed'],
    ['padding', `${head}.${body}.${signature}==`, 'malformed'],
    ['another spelling of the same bytes', respelled(good), 'malformed'],
    ['white space', `${good}\n`, 'malformed'],
  ])('%s', async (_what, token, fault) => {
    expect(await verifyToken(token, demand)).toEqual({ isGood: false, fault });
  });

  test('whatever one character of it is changed into', async () => {
    for (let index = 0; index < good.length; index += 1) {
      const other = good[index] === 'A' ? 'B' : 'A';
      const changed = good.slice(0, index) + other + good.slice(index + 1);
      expect(await verifyToken(changed, demand), changed).toMatchObject({ isGood: false });
    }
  });
});

/** 64 bytes leave four bits of the last character unused. */
function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  return token.slice(0, -1) + (alphabet[last + 1] ?? '');
}
