import fc from 'fast-check';
import { expect, test } from 'vitest';
import { licenseKeyBytes, licenseKeyFrom, normalizeLicenseKey } from '../../domain/license-key.ts';

const alphabet = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ');
const keys = fc
  .uint8Array({ minLength: licenseKeyBytes, maxLength: licenseKeyBytes })
  .map((bytes) => licenseKeyFrom(bytes));

/** Where the 30 characters stand that carry something. */
const places = Array.from('LH-000000-000000-000000-000000-000000').flatMap((character, index) =>
  character === '0' ? [index] : [],
);

function replaceAt(text: string, index: number, character: string): string {
  return text.slice(0, index) + character + text.slice(index + 1);
}

test('a key reads as LH and five groups of six, and is its own normal form', () => {
  fc.assert(
    fc.property(keys, (key) => {
      expect(key).toMatch(/^LH(-[0-9A-HJKMNP-TV-Z]{6}){5}$/);
      expect(normalizeLicenseKey(key)).toBe(key.slice(3).replaceAll('-', ''));
    }),
  );
});

test('every single wrong character is noticed', () => {
  fc.assert(
    fc.property(
      keys,
      fc.constantFrom(...places),
      fc.constantFrom(...alphabet),
      (key, at, wrong) => {
        fc.pre(key.charAt(at) !== wrong);
        expect(normalizeLicenseKey(replaceAt(key, at, wrong))).toBeNull();
      },
    ),
    { numRuns: 5_000 },
  );
});

test('every swap of two neighbours is noticed', () => {
  fc.assert(
    fc.property(keys, fc.nat(places.length - 2), (key, nth) => {
      const [here = 0, next = 0] = places.slice(nth, nth + 2);
      fc.pre(key.charAt(here) !== key.charAt(next));
      const swapped = replaceAt(replaceAt(key, here, key.charAt(next)), next, key.charAt(here));
      expect(normalizeLicenseKey(swapped)).toBeNull();
    }),
    { numRuns: 5_000 },
  );
});

test('a missing or an additional character is noticed', () => {
  fc.assert(
    fc.property(keys, fc.constantFrom(...places), fc.constantFrom(...alphabet), (key, at, more) => {
      expect(normalizeLicenseKey(replaceAt(key, at, ''))).toBeNull();
      expect(normalizeLicenseKey(replaceAt(key, at, key.charAt(at) + more))).toBeNull();
    }),
  );
});

test('typed in lower case, without dashes, with blanks or with O, I and L, it is the same key', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const normal = normalizeLicenseKey(key);
      const spellings = [
        key.toLowerCase(),
        key.replaceAll('-', ''),
        key.slice(3),
        ` ${key.replaceAll('-', ' ')} `,
        `LH${key.slice(2).replaceAll('0', 'O').replaceAll('1', 'I')}`,
        `lh${key.slice(2).replaceAll('0', 'o').replaceAll('1', 'l')}`,
      ];
      for (const spelling of spellings)
        expect(normalizeLicenseKey(spelling), spelling).toBe(normal);
    }),
  );
});

test('nothing else is taken for a key, however long or strange', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string()), (text) => {
      expect(normalizeLicenseKey(text)).toBeNull();
    }),
  );
  expect(normalizeLicenseKey('0'.repeat(10_000_000))).toBeNull();
});

test('takes exactly its number of random bytes', () => {
  expect(() => licenseKeyFrom(new Uint8Array(25))).toThrow(RangeError);
});
