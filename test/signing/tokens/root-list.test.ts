import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { makeToken, type TokenSigner } from '../../../signing/tokens/jws.ts';
import {
  makeRootList,
  trustPinned,
  verifyRootList,
  walkRootLists,
  type RootKey,
} from '../../../signing/tokens/root-list.ts';
import type { RootTrust } from '../../../signing/tokens/root-trust.ts';
import { givenForgedRoot, givenRoot } from '../../support/roots.ts';

const [first, second, third] = [givenRoot(1), givenRoot(2), givenRoot(3)];
const forged = givenForgedRoot('root-2');
const at = 1_800_000_000;
const issuer = 'https://licenses.example.com';
const quarter = 90 * 86_400;

/** The list that a root signs, of roots whose first uses are a quarter apart. */
function listed(signer: TokenSigner, seq: number, keys: readonly RootKey[]): Promise<string> {
  const roots = keys.map((key, index) => ({ ...key, not_before: at + index * quarter }));
  return makeRootList(signer, { issuer, seq, keys: roots, at });
}

const pinned = trustPinned({ keys: [first.jwk] });
const none = new Set<string>();
const demand = { trust: pinned, revoked: none, at };
const toSecond = await listed(first.signer, 1, [first.jwk, second.jwk]);
const toThird = await listed(second.signer, 2, [first.jwk, second.jwk, third.jwk]);
const idsOf = ({ roots }: RootTrust) => [...roots.keys()];

async function trustAfter(list: string, trust: RootTrust = pinned): Promise<RootTrust> {
  const check = await verifyRootList(list, { ...demand, trust });
  if (!check.isGood) throw new Error(check.fault);
  return check.trust;
}

test('says of each root its public half and when it is to sign first', async () => {
  expect(decodeProtectedHeader(toSecond)).toEqual({
    ...{ typ: 'lic-roots+jwt', alg: 'PS256', kid: 'root-1' },
  });
  expect(decodeJwt(toSecond)).toEqual({
    ...{ iss: issuer, iat: at, exp: at + 10 * 365 * 86_400, seq: 1 },
    keys: [
      { ...first.jwk, not_before: at },
      { ...second.jwk, not_before: at + quarter },
    ],
  });
  const withPrivateHalf = { ...first.jwk, d: 'secret' };
  expect(await listed(first.signer, 1, [withPrivateHalf, second.jwk])).not.toContain('secret');
  await expect(listed(first.signer, 1, [{ ...first.jwk, n: 'AQAB' }])).rejects.toThrow();
});

describe('is taken in', () => {
  test('when a trusted root signed it, and what it adds is trusted behind what was', async () => {
    const trust = await trustAfter(toSecond);
    expect(idsOf(trust)).toEqual(['root-1', 'root-2']);
    expect(trust.listedBy).toEqual(new Map([['root-2', new Set(['root-1'])]]));
  });

  test('again without changing anything', async () => {
    const trust = await trustAfter(toSecond);
    expect(await trustAfter(toSecond, trust)).toEqual(trust);
  });

  test('years after it was signed, so that a client finds the way from its own root', async () => {
    const later = at + 20 * 365 * 86_400;
    const walked = await walkRootLists([toSecond, toThird], { ...demand, at: later });
    expect(idsOf(walked)).toEqual(['root-1', 'root-2', 'root-3']);
  });

  test('whatever number was given before', async () => {
    const forward = await listed(first.signer, 1_000_000, [second.jwk]);
    const trust = await trustAfter(toThird, await trustAfter(forward));
    expect(idsOf(trust)).toEqual(['root-1', 'root-2', 'root-3']);
  });

  test('from a root that is pinned between others: what it adds goes between them too', async () => {
    const outer = trustPinned({ keys: [first.jwk, third.jwk] });
    expect(idsOf(await trustAfter(toSecond, outer))).toEqual(['root-1', 'root-2', 'root-3']);
  });

  test('and keeps in trust what it does not name', async () => {
    const shorter = await listed(second.signer, 2, [second.jwk, third.jwk]);
    const trust = await trustAfter(shorter, await trustAfter(toSecond));
    expect(idsOf(trust)).toEqual(['root-1', 'root-2', 'root-3']);
  });
});

describe('is refused', async () => {
  const both = await trustAfter(toSecond);
  const type = 'lic-roots+jwt';
  const claims = { ...decodeJwt(toSecond), iat: at, exp: at + 1 };
  test.each<[string, string, object, string]>([
    ['by a root that is not trusted yet', toThird, {}, 'unknown_key'],
    [
      'by a key of another’s under the name of a root',
      await listed(forged.signer, 2, [forged.jwk]),
      { trust: both },
      'bad_signature',
    ],
    ['by a revoked root', toThird, { trust: both, revoked: new Set(['root-2']) }, 'revoked_key'],
    [
      'with another key by a trusted name',
      await listed(first.signer, 2, [first.jwk, forged.jwk]),
      { trust: both },
      'other_key',
    ],
    ['of the future', toSecond, { at: at - 61 }, 'not_yet_valid'],
    [
      'without a number',
      await makeToken(first.signer, { type, claims: { ...claims, seq: undefined } }),
      {},
      'malformed',
    ],
    [
      'of another type',
      await makeToken(first.signer, { type: 'lic-revoked+jwt', claims }),
      {},
      'wrong_type',
    ],
  ])('%s', async (_what, list, changed, fault) => {
    const check = await verifyRootList(list, { ...demand, ...changed });
    expect(check).toEqual({ isGood: false, fault });
  });
});

test('is passed over on the way when it is not good', async () => {
  const forgedList = await listed(forged.signer, 7, [forged.jwk]);
  const walked = await walkRootLists(['', toSecond, forgedList, toThird, toSecond], demand);
  expect(idsOf(walked)).toEqual(['root-1', 'root-2', 'root-3']);
});

test('takes a name back that an older root has given to a key of its own', async () => {
  const squatter = givenForgedRoot('root-3');
  const pins = trustPinned({ keys: [first.jwk, second.jwk] });
  const abused = await trustAfter(await listed(first.signer, 9, [first.jwk, squatter.jwk]), pins);
  expect(idsOf(abused)).toEqual(['root-1', 'root-3', 'root-2']);
  const mended = await trustAfter(toThird, abused);
  expect(idsOf(mended)).toEqual(['root-1', 'root-2', 'root-3']);
  expect(mended.roots.get('root-3')?.key).toEqual(third.jwk);
});

test('is not needed for what is pinned, which must be roots', () => {
  expect(idsOf(trustPinned({ keys: [first.jwk, second.jwk] }))).toEqual(['root-1', 'root-2']);
  const weak = { ...first.jwk, n: 'A'.repeat(683) };
  for (const keySet of [
    {},
    { keys: [] },
    { keys: [{ ...first.jwk, alg: 'RS256' }] },
    { keys: [weak] },
  ]) {
    expect(() => trustPinned(keySet)).toThrow();
  }
});
