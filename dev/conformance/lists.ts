/** Lists of what is revoked, and of roots. */
import { decodeJwt } from 'jose';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { makeRootList, type RootKey, type RootListClaims } from '../../signing/tokens/root-list.ts';
import { makeToken, type TokenSigner } from '../../signing/tokens/jws.ts';
import { edited } from './forgery.ts';
import type { VectorKeys } from './keys.ts';
import type { Vector, VectorDemand, VectorKind } from './vector.ts';
import { at, issuer, vectorOf } from './world.ts';

const pinned = ['root-1', 'root-2'];
const year = 365 * 86_400;
const listed = { issuer, seq: 5, keys: ['d0'], licenses: ['lic_9'], at };
const leases = [{ license: 'lic_1', epoch: 1, fences: [1, 4] as [number, number] }];

export async function revocationListVectors({
  roots: [root, next],
  forged,
  delegate,
}: VectorKeys): Promise<Vector[]> {
  const [good, bad] = namers('revocation_list');
  const by = (signer: TokenSigner, changed: object = {}) =>
    makeRevocationList(signer, { ...listed, leases, ...changed });
  const token = await by(root.signer);
  const badRange = [{ license: 'lic_1', epoch: 1, fences: [4, 1] }];
  const claims = { ...decodeJwt<{ iat: number; exp: number }>(token), leases: badRange };
  const revokes = { keys: ['root-1'] };
  const knownVoid = { seq: 9, signedBy: 'root-1' };
  return [
    good('good', token, pinned),
    good('good years later: what is revoked stays so', token, pinned, { at: at + 3 * year }),
    good('good for whoever knows it', token, pinned, { known: { seq: 5, signedBy: 'root-1' } }),
    good('good when it revokes an older root', await by(next.signer, revokes), pinned),
    good(
      'good with a lower number, when it revokes who signed the known one',
      ...([await by(next.signer, revokes), pinned, { known: knownVoid }] as const),
    ),
    bad('a lower number', token, 'older', { known: { seq: 6, signedBy: 'root-1' } }),
    bad('an older root against a newer', await by(root.signer, { keys: ['root-2'] }), 'newer_root'),
    bad('a root against itself', await by(root.signer, { keys: ['root-1'] }), 'newer_root'),
    bad('a revoked root', token, 'revoked_key', {
      revoked: { keys: ['root-1'], licenses: [], leases: [] },
      known: { seq: 4, signedBy: 'root-2' },
    }),
    bad('a root that is not pinned', token, 'unknown_key', { pinned: ['root-2'] }),
    bad('another key by the name of the root', await by(forged.signer), 'bad_signature'),
    bad('a delegate', await by(delegate.signer), 'unknown_key'),
    bad('the future', token, 'not_yet_valid', { at: at - 61 }),
    bad('an edited list', edited(token, 'claims', { licenses: [] }), 'bad_signature'),
    bad(
      'a range that ends before it begins',
      await makeToken(root.signer, { type: 'lic-revoked+jwt', claims }),
      'malformed',
    ),
  ];
}

export async function rootListVectors({
  roots: [root, next, third],
  forged,
  delegate,
}: VectorKeys): Promise<Vector[]> {
  const [good, bad] = namers('root_list');
  const list = (signer: TokenSigner, keys: readonly RootKey[]) =>
    makeRootList(signer, {
      ...{ issuer, seq: 2, at },
      keys: keys.map((key, index) => ({ ...key, not_before: at + (index * year) / 4 })),
    });
  const token = await list(next.signer, [root.jwk, next.jwk, third.jwk]);
  const three = [...pinned, 'root-3'];
  const listedThird = { ...third.jwk, not_before: at };
  return [
    good('good', token, three),
    good('good for whoever pins only the one that signed', token, three, { pinned: ['root-2'] }),
    good('good for whoever pins the later ones: an older root comes before them', token, three, {
      pinned: ['root-2', 'root-3'],
    }),
    good(
      'good for whoever pins the outer ones',
      await list(root.signer, [next.jwk, third.jwk]),
      three,
      { pinned: ['root-1', 'root-3'] },
    ),
    good('good eleven years later: what a list adds is not taken back by time', token, three, {
      at: at + 11 * year,
    }),
    good(
      'good for whoever pins the first and the third: the second comes between them',
      await list(root.signer, [root.jwk, next.jwk]),
      three,
      { pinned: ['root-1', 'root-3'] },
    ),
    good(
      'good when an older root adds one: it stands right behind that root',
      await list(root.signer, [root.jwk, next.jwk, third.jwk]),
      ['root-1', 'root-3', 'root-2'],
    ),
    bad('a revoked root', token, 'revoked_key', {
      revoked: { keys: ['root-2'], licenses: [], leases: [] },
    }),
    bad('a root that it adds itself', await list(third.signer, [third.jwk]), 'unknown_key'),
    bad('another key by the name of a root', await list(next.signer, [forged.jwk]), 'other_key'),
    bad(
      'a root that it names twice',
      await makeToken(next.signer, {
        type: 'lic-roots+jwt',
        claims: { ...decodeJwt<RootListClaims>(token), keys: [listedThird, listedThird] },
      }),
      'malformed',
    ),
    bad('a delegate', await list(delegate.signer, [third.jwk]), 'unknown_key'),
    bad('the future', token, 'not_yet_valid', { at: at - 61 }),
    bad('an edited list', edited(token, 'claims', { keys: [forged.jwk] }), 'bad_signature'),
  ];
}

/** How lists of a kind are told good, with the roots that are trusted then, or bad. */
function namers(kind: VectorKind) {
  return [
    (name: string, token: string, roots: readonly string[], demand: Partial<VectorDemand> = {}) =>
      vectorOf({
        ...{ name, kind, token, demand },
        expected: { isGood: true, claims: decodeJwt(token), roots },
      }),
    (name: string, token: string, fault: string, demand: Partial<VectorDemand> = {}) =>
      vectorOf({ name, kind, token, demand, expected: { isGood: false, part: 'token', fault } }),
  ] as const;
}
