import { createHmac, createSecretKey, generateKeySync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  makeSessionCredential,
  readSessionCredential,
  type CredentialKey,
  type SessionClaims,
} from '../../signing/session-credential.ts';
import { newId } from '../../platform/ids.ts';

const key: CredentialKey = { kid: 'k1', secret: generateKeySync('hmac', { length: 256 }) };
const claims: SessionClaims = {
  tenantId: newId('ten'),
  licenseId: newId('lic'),
  sessionId: newId('ses'),
  instanceKey: 'instance',
  holderId: 'default',
  product: 'cad',
};
const credential = makeSessionCredential([key], claims);
const [head = '', body = '', mac = ''] = credential.split('.');

/** Signs any text as if it were claims, as a thief of the secret could. */
function sign(text: string, secret: KeyObject, kid = 'k1'): string {
  const signed = `lhs_${kid}.${Buffer.from(text).toString('base64url')}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

const printable = fc.string({
  unit: fc.constantFrom(...printableAscii()),
  minLength: 1,
  maxLength: 200,
});

function printableAscii(): string[] {
  return Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
}

test('carries its claims through, whatever instance and holder are called', () => {
  fc.assert(
    fc.property(printable, printable, (instanceKey, holder) => {
      const given = { ...claims, instanceKey, holderId: holder.slice(0, 64) };
      expect(readSessionCredential([key], makeSessionCredential([key], given))).toEqual(given);
    }),
  );
  const longest = {
    ...claims,
    ...{ instanceKey: '"'.repeat(200), holderId: '\\'.repeat(64), product: 'p'.repeat(64) },
  };
  expect(readSessionCredential([key], makeSessionCredential([key], longest))).toEqual(longest);
});

test('is made with the first key and read with every one: keys rotate without a break', () => {
  const next: CredentialKey = { kid: 'k2', secret: generateKeySync('hmac', { length: 256 }) };
  expect(makeSessionCredential([next, key], claims)).toMatch(/^lhs_k2\./);
  expect(readSessionCredential([next, key], credential)).toEqual(claims);
  expect(readSessionCredential([next], credential)).toBeNull();
});

test('goes on opening its session when it is of a time that put no product into it', () => {
  const { product: _product, ...before } = claims;
  const older = sign(JSON.stringify(Object.values(before)), key.secret);
  expect(readSessionCredential([key], older)).toEqual({ ...before, product: '' });
});

test('cannot be made without a key', () => {
  expect(() => makeSessionCredential([], claims)).toThrow('No key');
});

describe('is not read when', () => {
  const other = makeSessionCredential([key], { ...claims, sessionId: newId('ses') }).split('.');
  const twin: CredentialKey = { kid: 'k1', secret: generateKeySync('hmac', { length: 256 }) };
  test.each([
    ['it is empty', ''],
    ['it is the prefix alone', 'lhs_'],
    ['the prefix is another', credential.replace('lhs_', 'lht_')],
    ['the prefix is in upper case', credential.replace('lhs_', 'LHS_')],
    ['the claims are another session’s', `${head}.${other[1]}.${mac}`],
    ['the mac is another session’s', `${head}.${body}.${other[2]}`],
    ['the mac is missing', `${head}.${body}`],
    ['the mac is empty', `${head}.${body}.`],
    ['the claims are empty', `${head}..${mac}`],
    ['a part is added', `${credential}.${mac}`],
    ['a blank is added', `${credential} `],
    ['padding is added', `${credential}=`],
    ['the key id is unknown', credential.replace('lhs_k1', 'lhs_k9')],
    ['the key id is another one’s', sign(JSON.stringify(Object.values(claims)), twin.secret)],
    ['the key id names a member of every object', credential.replace('lhs_k1', 'lhs___proto__')],
    ['another secret signed it', makeSessionCredential([twin], claims)],
    ['an empty secret signed it', sign('[]', createSecretKey(Buffer.alloc(0)))],
    ['it is a megabyte long', `lhs_k1.${'A'.repeat(1_000_000)}.${mac}`],
    ['its mac is a megabyte long', `${head}.${body}.${'A'.repeat(1_000_000)}`],
  ])('%s', (_why, text) => {
    expect(readSessionCredential([key], text)).toBeNull();
  });

  test('it is cut off anywhere', () => {
    for (let length = 0; length < credential.length; length += 1) {
      expect(readSessionCredential([key], credential.slice(0, length))).toBeNull();
    }
  });

  test('any single character is another', () => {
    const alphabet = 'ABab01-_.';
    for (let at = 0; at < credential.length; at += 1) {
      for (const character of alphabet) {
        if (credential.charAt(at) === character) continue;
        const tampered = credential.slice(0, at) + character + credential.slice(at + 1);
        expect(readSessionCredential([key], tampered), tampered).toBeNull();
      }
    }
  });

  test('it is any other text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(readSessionCredential([key], text)).toBeNull();
        expect(readSessionCredential([key], `lhs_k1.${text}`)).toBeNull();
      }),
    );
  });
});
