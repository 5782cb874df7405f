import { decodeJwt, decodeProtectedHeader } from 'jose';
import { describe, expect, test } from 'vitest';
import { makeToken, type TokenSigner } from '../../../signing/tokens/jws.ts';
import {
  isLeaseRevoked,
  makeRevocationList,
  noList,
  nothingRevoked,
  verifyRevocationList,
  type KnownRevocations,
  type RevocationListDemand,
} from '../../../signing/tokens/revocation-list.ts';
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
const at = 1_800_000_000;
const hour = 3_600;
const issuer = 'https://licenses.example.com';
const leases = [{ license: 'lic_1', epoch: 5, fences: [7, 9] as [number, number] }];
const revoked = { keys: ['d1'], licenses: ['lic_2'], leases };

/** The list that a root signs. */
function listed(signer: TokenSigner, seq: number, changed: object = {}): Promise<string> {
  return makeRevocationList(signer, { ...{ issuer, seq, at }, ...revoked, ...changed });
}

const trust = trustPinned({ keys: [first.jwk, second.jwk] });
const demand: RevocationListDemand = { trust, known: noList, at };
const list = await listed(first.signer, 4);

async function take(token: string, changed: Partial<RevocationListDemand> = {}) {
  const check = await verifyRevocationList(token, { ...demand, ...changed });
  if (!check.isGood) throw new Error(check.fault);
  return check;
}

test('says what is revoked, and when there will be a newer one', () => {
  expect(decodeProtectedHeader(list)).toEqual({
    ...{ typ: 'lic-revoked+jwt', alg: 'PS256', kid: 'root-1' },
  });
  const end = { next_update: at + 48 * hour, exp: at + 240 * hour };
  expect(decodeJwt(list)).toEqual({ iss: issuer, iat: at, ...end, seq: 4, ...revoked });
});

describe('is taken in', () => {
  test('when a trusted root signed it, and replaces what was known', async () => {
    const known: KnownRevocations = {
      ...{ seq: 3, signedBy: 'root-1' },
      revoked: { ...nothingRevoked, licenses: new Set(['lic_9']) },
    };
    const { list: taken, isCurrent } = await take(list, { known });
    expect(taken).toEqual({
      ...{ seq: 4, signedBy: 'root-1' },
      revoked: { keys: new Set(['d1']), licenses: new Set(['lic_2']), leases },
    });
    expect(isCurrent).toBe(true);
  });

  test('after its time too, and says that there should be a newer one', async () => {
    const late = await take(list, { at: at + 365 * 24 * hour });
    expect(late.list.revoked.keys).toContain('d1');
    expect(late.isCurrent).toBe(false);
  });

  test('from the next root, which revokes the present one, whatever number that one has reached', async () => {
    const { list: known } = await take(await listed(first.signer, 1_000_000));
    const next = await listed(second.signer, 5, { keys: ['root-1'] });
    const taken = await take(next, { known });
    expect(taken.list).toMatchObject({ seq: 5, signedBy: 'root-2' });
    const back = await listed(first.signer, 1_000_001);
    expect(await verifyRevocationList(back, { ...demand, known: taken.list })).toEqual({
      ...{ isGood: false, fault: 'revoked_key' },
    });
  });

  test('with 10,000 licenses', async () => {
    const licenses = Array.from(
      { length: 10_000 },
      (_, n) => `lic_01k${String(n).padStart(23, '0')}`,
    );
    const { list: taken } = await take(await listed(first.signer, 4, { licenses }));
    expect(taken.revoked.licenses.size).toBe(10_000);
  });
});

test('takes from clients what a revoked root had them trust after its successor, and no more', async () => {
  const added = async (before: RootTrust, by: TokenSigner, keys: readonly (typeof first.jwk)[]) => {
    const roots = keys.map((key) => ({ ...key, not_before: at }));
    const signed = await makeRootList(by, { issuer, seq: 1, keys: roots, at });
    const check = await verifyRootList(signed, { trust: before, revoked: new Set(), at });
    if (!check.isGood) throw new Error(check.fault);
    return check.trust;
  };
  const strange = { ...givenForgedRoot('root-8').jwk };
  const stranger = givenForgedRoot('root-8').signer;
  const learned = await added(trustPinned({ keys: [first.jwk] }), first.signer, [second.jwk]);
  const abused = await added(await added(learned, first.signer, [strange]), stranger, [third.jwk]);
  expect([...abused.roots.keys()]).toEqual(['root-1', 'root-8', 'root-3', 'root-2']);
  const next = await listed(second.signer, 5, { keys: ['root-1'] });
  const { trust: after } = await take(next, { trust: abused });
  expect([...after.roots.keys()]).toEqual(['root-1', 'root-2']);
  const harmless = await listed(second.signer, 5, { keys: ['d1'] });
  expect((await take(harmless, { trust: abused })).trust).toEqual(abused);
  const { trust: later } = await take(
    await listed(second.signer, 5, { keys: ['root-8'] }),
    ...[{ trust: abused }],
  );
  expect([...later.roots.keys()]).toEqual(['root-1', 'root-8', 'root-2']);
});

describe('among roots that lists have added', () => {
  const stranger = givenForgedRoot('root-8');
  const list = (by: TokenSigner, seq: number, keys: readonly RootKey[]) =>
    makeRootList(by, { issuer, seq, at, keys: keys.map((key) => ({ ...key, not_before: at })) });
  const walk = (pins: readonly RootKey[], ...lists: readonly string[]) =>
    walkRootLists(lists, { trust: trustPinned({ keys: pins }), revoked: new Set(), at });
  const all = [first.jwk, second.jwk, third.jwk];
  const outcome = async (by: TokenSigner, keys: string[], trusted: RootTrust) => {
    const token = await listed(by, 5, { keys });
    const check = await verifyRevocationList(token, { ...demand, trust: trusted });
    return check.isGood ? [...check.trust.roots.keys()].join() : check.fault;
  };

  test('an older one that a client learned of late is revoked by those after it, and not the other way', async () => {
    const trusted = await walk([second.jwk, third.jwk], await list(second.signer, 2, all));
    expect([...trusted.roots.keys()]).toEqual(['root-1', 'root-2', 'root-3']);
    expect(await outcome(second.signer, ['root-1'], trusted)).toBe('root-1,root-2,root-3');
    expect(await outcome(first.signer, ['root-2'], trusted)).toBe('newer_root');
    expect(await outcome(first.signer, ['root-3'], trusted)).toBe('newer_root');
  });

  test('one that an abused root added revokes no pinned successor of that root', async () => {
    const pins = [first.jwk, second.jwk];
    const trusted = await walk(pins, await list(first.signer, 9, [...pins, stranger.jwk]));
    expect(await outcome(stranger.signer, ['root-2'], trusted)).toBe('newer_root');
    expect(await outcome(second.signer, ['root-1'], trusted)).toBe('root-1,root-2');
  });

  test('nor does one that such a one added, or that came with a list that names the successor', async () => {
    const creature = givenRoot(4);
    const trusted = await walk(
      [first.jwk, second.jwk],
      await list(first.signer, 9, [first.jwk, stranger.jwk, second.jwk]),
      await list(stranger.signer, 9, [second.jwk, creature.jwk, stranger.jwk]),
    );
    for (const { signer } of [stranger, creature]) {
      expect(await outcome(signer, ['root-2'], trusted)).toBe('newer_root');
    }
    expect(await outcome(creature.signer, ['root-1'], trusted)).toContain('root-2');
    expect(await outcome(second.signer, ['root-1'], trusted)).toBe('root-1,root-2');
  });

  test('one that an abused root added falls with it, though it listed the next root first', async () => {
    const pins = [first.jwk, second.jwk];
    const trusted = await walk(
      pins,
      await list(first.signer, 2, [...pins, stranger.jwk]),
      await list(stranger.signer, 3, [stranger.jwk, third.jwk]),
      await list(second.signer, 3, all),
    );
    expect([...trusted.roots.keys()]).toEqual(['root-1', 'root-8', 'root-2', 'root-3']);
    expect(await outcome(third.signer, ['root-1'], trusted)).toBe('root-1,root-2,root-3');
  });

  test('one that an abused root added later takes no successor away that was known before', async () => {
    const trusted = await walk(
      [first.jwk],
      await list(first.signer, 2, [first.jwk, second.jwk]),
      await list(first.signer, 3, [first.jwk, stranger.jwk]),
    );
    expect(await outcome(stranger.signer, ['root-1'], trusted)).toBe('root-1,root-8,root-2');
    expect(await outcome(second.signer, ['root-1'], trusted)).toBe('root-1,root-2');
  });

  test('of two that the same root added the first is the higher: whoever speaks first to who knows nobody else', async () => {
    const trusted = await walk(
      [first.jwk],
      await list(first.signer, 2, [first.jwk, stranger.jwk]),
      await list(first.signer, 3, [first.jwk, second.jwk]),
    );
    expect(await outcome(second.signer, ['root-1'], trusted)).toBe('root-1,root-2,root-8');
  });

  test('the numbers that an abused root and its creatures gave bind nobody once it is revoked', async () => {
    const pins = [first.jwk, second.jwk];
    const trusted = await walk(pins, await list(first.signer, 1_000_000, [stranger.jwk]));
    const byStranger = await listed(stranger.signer, 1_000_000, { keys: [] });
    const { list: known } = await take(byStranger, { trust: trusted });
    const mended = await take(await listed(second.signer, 5, { keys: ['root-1'] }), {
      ...{ trust: trusted, known },
    });
    expect(mended.list.seq).toBe(5);
    const next = await list(second.signer, 2, all);
    const learned = { trust: mended.trust, revoked: mended.list.revoked.keys, at };
    expect([...(await walkRootLists([next], learned)).roots.keys()]).toEqual([
      ...['root-1', 'root-2', 'root-3'],
    ]);
  });

  test('whoever led to the signer stays, however many there were', async () => {
    const trusted = await walk(
      [first.jwk],
      await list(first.signer, 2, [first.jwk, second.jwk]),
      await list(second.signer, 3, all),
    );
    expect(await outcome(third.signer, ['root-1', 'root-2'], trusted)).toBe('root-1,root-2,root-3');
  });
});

describe('is refused', async () => {
  const { list: known } = await take(list);
  const type = 'lic-revoked+jwt';
  const claims = { ...decodeJwt(list), iat: at, exp: at + 240 * hour };
  const claimed = (changed: object) =>
    makeToken(first.signer, { type, claims: { ...claims, ...changed } });
  test.each<[string, string, Partial<RevocationListDemand>, string]>([
    ['by a root that is not trusted', await listed(third.signer, 5), {}, 'unknown_key'],
    ['by a forged root', await listed(givenForgedRoot('root-1').signer, 5), {}, 'bad_signature'],
    ['with a lower number than the known one', await listed(first.signer, 3), { known }, 'older'],
    [
      'with a lower number, when it revokes a root that did not sign the known one',
      await listed(second.signer, 3, { keys: ['root-1'] }),
      { known: { ...known, signedBy: 'root-2' } },
      'older',
    ],
    [
      'by an older root when it revokes a newer one',
      await listed(first.signer, 5, { keys: ['d1', 'root-2'] }),
      {},
      'newer_root',
    ],
    ['of the future', list, { at: at - 61 }, 'not_yet_valid'],
    [
      'with a range that ends before it begins',
      await claimed({ leases: [{ ...leases[0], fences: [9, 7] }] }),
      {},
      'malformed',
    ],
    ['without keys', await claimed({ keys: undefined }), {}, 'malformed'],
    ['that is never renewed', await claimed({ next_update: undefined }), {}, 'malformed'],
    [
      'of another type',
      await makeToken(first.signer, { type: 'lic-roots+jwt', claims }),
      {},
      'wrong_type',
    ],
    ['of 1 MB', 'A'.repeat(1_000_000), {}, 'too_long'],
  ])('%s', async (_what, token, changed, fault) => {
    const check = await verifyRevocationList(token, { ...demand, ...changed });
    expect(check).toEqual({ isGood: false, fault });
  });
});

test.each([
  [{ license: 'lic_1', epoch: 5, fence: 6 }, false],
  [{ license: 'lic_1', epoch: 5, fence: 7 }, true],
  [{ license: 'lic_1', epoch: 5, fence: 9 }, true],
  [{ license: 'lic_1', epoch: 5, fence: 10 }, false],
  [{ license: 'lic_1', epoch: 4, fence: 8 }, false],
  [{ license: 'lic_2', epoch: 5, fence: 8 }, false],
])('revokes a grant within a range of its epoch alone: %o is %s', (grant, isRevoked) => {
  expect(isLeaseRevoked(grant, { leases })).toBe(isRevoked);
});
