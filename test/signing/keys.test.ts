import { expect, test } from 'vitest';
import { licenseKeyFrom } from '../../domain/license-key.ts';
import { hashApiKey, hashLicenseKey, makeApiKey } from '../../signing/keys.ts';

test('an API key is its prefix, 256 random bits and a checksum, and no two are alike', () => {
  const keys = Array.from({ length: 200 }, () => makeApiKey('lht_'));
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) {
    expect(key).toMatch(/^lht_[\w-]{43}_[\w-]{6}$/);
    expect(hashApiKey('lht_', key)).toHaveLength(32);
  }
});

test('an API key has one spelling and one kind', () => {
  const key = makeApiKey('lht_');
  expect(hashApiKey('lho_', key)).toBeNull();
  expect(hashApiKey('lho_', key.replace('lht_', 'lho_'))).not.toEqual(hashApiKey('lht_', key));
  for (const text of [`${key} `, ` ${key}`, key.toUpperCase(), key.slice(0, -1), `${key}a`, '']) {
    expect(hashApiKey('lht_', text)).toBeNull();
  }
});

test('an API key with a typing error is told apart before anything is looked up', () => {
  const key = makeApiKey('lho_');
  for (let at = 4; at < 47; at += 1) {
    const wrong = key.charAt(at) === 'A' ? 'B' : 'A';
    expect(hashApiKey('lho_', key.slice(0, at) + wrong + key.slice(at + 1))).toBeNull();
  }
});

test('a license key hashes the same however it is typed', () => {
  const key = licenseKeyFrom(new Uint8Array(26).map((_, index) => index * 7));
  expect(hashLicenseKey(key.toLowerCase().replaceAll('-', ''))).toEqual(hashLicenseKey(key));
  expect(hashLicenseKey(`${key}A`)).toBeNull();
});
