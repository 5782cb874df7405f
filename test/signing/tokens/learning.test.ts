import { expect, test } from 'vitest';
import {
  learnedNothing,
  learnFrom,
  type Learned,
  type SignedLists,
} from '../../../signing/tokens/learning.ts';
import { makeRevocationList } from '../../../signing/tokens/revocation-list.ts';
import { makeRootList, trustPinned } from '../../../signing/tokens/root-list.ts';
import { givenForgedRoot, givenRoot, type HeldRoot } from '../../support/roots.ts';

const [first, second, third, fourth] = [givenRoot(1), givenRoot(2), givenRoot(3), givenRoot(4)];
const at = 1_800_000_000;
const issuer = 'https://licenses.example.com';
const forNobody = { licenses: [], leases: [] };

function rootList(by: HeldRoot, ...listed: HeldRoot[]): Promise<string> {
  const keys = listed.map(({ jwk }) => ({ ...jwk, not_before: at }));
  return makeRootList(by.signer, { issuer, seq: 1, keys, at });
}

function revocationList(by: HeldRoot, seq: number, keys: string[]): Promise<string> {
  return makeRevocationList(by.signer, { issuer, seq, keys, at, ...forNobody });
}

const pinned = (...roots: HeldRoot[]) =>
  learnedNothing(trustPinned({ keys: roots.map(({ jwk }) => jwk) }));
const learn = (before: Learned, shown: Partial<SignedLists>) =>
  learnFrom({ roots: [], revocations: null, ...shown }, before, at);
const idsOf = ({ trust }: Learned) => [...trust.roots.keys()];

const toSecond = await rootList(first, first, second);
const toThird = await rootList(second, first, second, third);
const toFourth = await rootList(third, second, third, fourth);

test('a client knows again what it knew, from its pins and the lists that were of use', async () => {
  const same = await rootList(second, second, third);
  const learned = await learn(pinned(first), {
    roots: ['', toSecond, toSecond, toThird, same],
    revocations: await revocationList(third, 5, ['root-1']),
  });
  expect(learned.lists.roots).toEqual([toSecond, toThird]);
  const again = await learn(pinned(first), learned.lists);
  expect(again).toEqual(learned);
  expect(idsOf(again)).toEqual(['root-1', 'root-2', 'root-3']);
  expect([...again.known.revoked.keys]).toEqual(['root-1']);
});

test('an old client takes the revocation of its own root from the third after it, whichever list comes first', async () => {
  const learned = await learn(pinned(first), {
    roots: [toFourth, toThird, toSecond],
    revocations: await revocationList(fourth, 5, ['root-1']),
  });
  expect(idsOf(learned)).toEqual(['root-1', 'root-2', 'root-3', 'root-4']);
  expect([...learned.known.revoked.keys]).toEqual(['root-1']);
});

test('what is known to be revoked stays so when a list names its signer once more', async () => {
  const revocations = await revocationList(second, 5, ['root-1', 'd1']);
  const learned = await learn(pinned(first), { roots: [toSecond], revocations });
  const later = await learn(learned, { roots: [toThird] });
  expect(later.known).toEqual(learned.known);
});

test('names of roots to come that an abused root revoked before they were known are good when they come', async () => {
  const names = ['root-3', 'root-4', 'd9'];
  const revocations = await revocationList(first, 1_000_000, names);
  const abused = await learn(pinned(first, second), { revocations });
  expect([...abused.known.revoked.keys]).toEqual(names);
  const told = await learn(abused, { roots: [toSecond, toThird, toFourth] });
  expect([...told.known.revoked.keys]).toEqual(['d9']);
  const mended = await learn(abused, {
    roots: [toSecond, toThird, toFourth],
    revocations: await revocationList(fourth, 5, ['root-1']),
  });
  expect(idsOf(mended)).toEqual(['root-1', 'root-2', 'root-3', 'root-4']);
  expect([...mended.known.revoked.keys]).toEqual(['root-1']);
});

test('what was signed by the name of a root to come binds nobody when the root itself is there', async () => {
  const squatter = givenForgedRoot('root-3');
  const abused = await learn(pinned(first, second), {
    roots: [await rootList(first, first, squatter)],
    revocations: await revocationList(squatter, 1_000_000, ['d9']),
  });
  expect(abused.known).toMatchObject({ seq: 1_000_000, signedBy: 'root-3' });
  const revocations = await revocationList(third, 5, ['d1']);
  const mended = await learn(abused, { roots: [toThird], revocations });
  expect(mended.known).toMatchObject({ seq: 5, signedBy: 'root-3' });
  expect([...mended.known.revoked.keys]).toEqual(['d1']);
});
