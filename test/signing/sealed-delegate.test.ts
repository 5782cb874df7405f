import { generateKeyPairSync, generateKeySync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openDelegate, sealDelegate, type SealingSecret } from '../../signing/sealed-delegate.ts';

const one: SealingSecret = { kid: 's1', secret: generateKeySync('hmac', { length: 256 }) };
const two: SealingSecret = { kid: 's2', secret: generateKeySync('hmac', { length: 512 }) };
const { privateKey } = generateKeyPairSync('ed25519');
const kid = 'dlg_1';
const stored = { kid, ...sealDelegate([one], { kid, privateKey }) };

test('opens again as the same key, and shows nothing of it before', () => {
  expect(openDelegate([one], stored).equals(privateKey)).toBe(true);
  const { d = '' } = privateKey.export({ format: 'jwk' });
  expect(stored.sealedKey.includes(Buffer.from(d, 'base64url'))).toBe(false);
  const again = sealDelegate([one], { kid, privateKey });
  expect(again.sealedKey.equals(stored.sealedKey)).toBe(false);
});

test('is sealed with the first secret and opened with each: secrets rotate without a break', () => {
  const next = sealDelegate([two, one], { kid, privateKey });
  expect(next.sealKid).toBe('s2');
  expect(openDelegate([two, one], { kid, ...next }).equals(privateKey)).toBe(true);
  expect(openDelegate([two, one], stored).equals(privateKey)).toBe(true);
});

test('is not sealed with nothing', () => {
  expect(() => sealDelegate([], { kid, privateKey })).toThrow('SIGNING_SEAL_KEYS is not set');
});

describe('does not open', () => {
  const twin: SealingSecret = { kid: 's1', secret: two.secret };
  const changed = Buffer.from(stored.sealedKey);
  changed[40] = (changed[40] ?? 0) ^ 1;
  test.each([
    ['without its secret', [two], stored, 'was sealed with the key s1, which is not set'],
    ['with another secret of its name', [twin], stored, 'was not sealed with this key s1'],
    ['as another delegate', [one], { ...stored, kid: 'dlg_2' }, 'was not sealed with'],
    ['when a bit differs', [one], { ...stored, sealedKey: changed }, 'was changed since'],
    ['when it is cut off', [one], { ...stored, sealedKey: changed.subarray(0, 20) }, 'changed'],
  ])('%s', (_how, secrets, sealed, message) => {
    expect(() => openDelegate(secrets, sealed)).toThrow(message);
  });
});
