/**
 * What is done when a key is stolen, abused or lost, on a stand-in of Cloud KMS, and what clients believe
 * before and after. A client here has pinned the first two roots and took in what lists it was given.
 */
import { createSecretKey, randomBytes } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { afterAll, describe, expect, test } from 'vitest';
import { findNewestList } from '../../../data/revocation-lists.ts';
import { listRootLists } from '../../../data/roots.ts';
import { findNewestDelegate, listSigningDelegates } from '../../../data/signing-keys.ts';
import { newId } from '../../../platform/ids.ts';
import { compareSignatures } from '../../../services/compare-signatures.ts';
import { createDelegateKeeper } from '../../../services/delegate-keeper.ts';
import { publishRevocations } from '../../../services/publish-revocations.ts';
import { renewDelegate } from '../../../services/renew-delegate.ts';
import { revokeKey } from '../../../services/revocations.ts';
import { takeRotationStep } from '../../../services/rotate-root.ts';
import { createDelegateSigner } from '../../../signing/delegate-signer.ts';
import { openDelegate } from '../../../signing/sealed-delegate.ts';
import { makeCertificate } from '../../../signing/tokens/certificate.ts';
import { verifyChain } from '../../../signing/tokens/chain.ts';
import { leaseFormat, makeLeaseToken } from '../../../signing/tokens/lease-token.ts';
import { noList, verifyRevocationList } from '../../../signing/tokens/revocation-list.ts';
import { trustPinned, walkRootLists } from '../../../signing/tokens/root-list.ts';
import { givenDelegate, givenLeaseClaims } from '../../support/delegate.ts';
import { givenRoot } from '../../support/roots.ts';
import { issuer, openTrustWorld, sealKeys, type TrustWorld } from '../../support/trust-world.ts';

const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;
const now = () => Math.floor(Date.now() / 1_000);

/** A lease as the newest delegate signs it, with its certificate. */
async function signedNow({ deps }: TrustWorld) {
  const delegate = await findNewestDelegate(deps.db);
  if (delegate === undefined) throw new Error('There is no delegate');
  const { kid, certificate } = delegate;
  const signer = createDelegateSigner({ kid, privateKey: openDelegate(sealKeys, delegate) });
  return { kid, certificate, token: await makeLeaseToken(signer, givenLeaseClaims(now())) };
}

/** Another delegate beside those that there are, and a lease that it signed. */
async function nextDelegate(world: TrustWorld) {
  await renewDelegate(world.deps, { isForced: true });
  return signedNow(world);
}

/** A client that knows nothing but its pins and what the server publishes now. */
async function clientOf({ deps }: TrustWorld) {
  const lists = (await listRootLists(deps.db, 8)).map(({ token }) => token);
  const pins = trustPinned({ keys: [givenRoot(1).jwk, givenRoot(2).jwk] });
  const walked = await walkRootLists(lists, { trust: pins, revoked: new Set(), at: now() });
  const list = await findNewestList(deps.db);
  const check =
    list && (await verifyRevocationList(list.token, { trust: walked, known: noList, at: now() }));
  if (check?.isGood === false) throw new Error(check.fault);
  const { trust, list: known } = check ?? { trust: walked, list: noList };
  return {
    seq: known.seq,
    believes: (chain: { certificate: string; token: string }) =>
      verifyChain(chain, {
        ...{ format: leaseFormat, roots: trust.roots, revoked: known.revoked },
        ...{ at: now(), audience: 'cad' },
      }),
  };
}

const believed = { isGood: true };
const revoked = { isGood: false, part: 'certificate', fault: 'revoked_key' };

async function settled(): Promise<TrustWorld> {
  const world = await openTrustWorld();
  await world.settle();
  await publishRevocations(world.deps);
  return world;
}

describe('a delegate that leaked', async () => {
  const world = await settled();
  const before = await clientOf(world);
  const leaked = await signedNow(world);

  test('is replaced at once, and clients that have the new list believe its tokens no more', async () => {
    expect(await before.believes(leaked)).toMatchObject(believed);
    await revokeKey(world.deps, context, { kid: leaked.kid, reason: 'Leaked' });
    expect(await world.settle()).toEqual(['certify']);
    await publishRevocations(world.deps);

    const after = await clientOf(world);
    expect(after.seq).toBeGreaterThan(before.seq);
    expect(await after.believes(leaked)).toEqual(revoked);
    const fresh = await signedNow(world);
    expect(fresh.kid).not.toBe(leaked.kid);
    expect(await after.believes(fresh)).toMatchObject(believed);
    expect(await before.believes(fresh)).toMatchObject(believed);
  });
});

describe('of two delegates that may sign', async () => {
  const world = await settled();
  const { deps } = world;
  // It makes none by itself.
  const keeper = createDelegateKeeper({ ...deps, kms: null });
  afterAll(() => keeper.close());
  const kidOf = () => keeper.current()?.signer.kid;
  const [older, newer] = [await signedNow(world), await nextDelegate(world)];
  await keeper.refresh();

  test('the newest is followed at once when it leaked, though the other one might go on', async () => {
    expect(kidOf()).toBe(newer.kid);
    await revokeKey(deps, context, { kid: newer.kid, reason: 'Leaked' });
    await keeper.refresh();
    expect(kidOf()).toBe(older.kid);
    expect(await world.settle()).toEqual(['certify']);
    await keeper.refresh();
    expect([older.kid, newer.kid]).not.toContain(kidOf());
    await publishRevocations(deps);
    const client = await clientOf(world);
    expect(await client.believes(newer)).toEqual(revoked);
    expect(await client.believes(older)).toMatchObject(believed);
    expect(await client.believes(await signedNow(world))).toMatchObject(believed);
  });

  test('both are used no more once both are revoked, and one that is new is', async () => {
    const another = await nextDelegate(world);
    const standing = await listSigningDelegates(deps.db, new Date());
    for (const { kid } of standing) await revokeKey(deps, context, { kid, reason: 'Leaked' });
    await keeper.refresh();
    expect(keeper.current()).toBeNull();
    expect(await world.settle()).toEqual(['certify']);
    await keeper.refresh();
    const fresh = await signedNow(world);
    expect(kidOf()).toBe(fresh.kid);
    await publishRevocations(deps);
    const client = await clientOf(world);
    for (const leaked of [older, newer, another]) {
      expect(await client.believes(leaked)).toEqual(revoked);
    }
    expect(await client.believes(fresh)).toMatchObject(believed);
  });
});

describe('a delegate that leaked together with the seal key', async () => {
  const world = await settled();
  const leaked = await signedNow(world);
  const [stolen] = sealKeys;
  if (stolen === undefined) throw new Error('There is no seal key');

  test('is followed by one that the stolen seal key does not open, when the seal key is replaced first', async () => {
    const fresh = { kid: 's2', secret: createSecretKey(randomBytes(32)) };
    const deps = { ...world.deps, signing: { issuer, sealKeys: [fresh, stolen] } };
    await revokeKey(deps, context, { kid: leaked.kid, reason: 'Leaked' });
    await takeRotationStep(deps, { step: 'certify' });
    const next = await findNewestDelegate(deps.db);
    if (next === undefined || next.kid === leaked.kid)
      throw new Error('There is no other delegate');
    expect(() => openDelegate([stolen], next)).toThrow();
    expect(() => openDelegate([fresh], next)).not.toThrow();
  });
});

describe('a root that somebody else signs with', async () => {
  const world = await settled();
  const { kms, deps } = world;
  const period = () => ({ since: new Date(0), until: new Date(Date.now() + 60_000) });
  const counts = async () =>
    (await compareSignatures(deps.systemDb, { log: kms.auditLog(), ...period() })).map(
      ({ foreign }) => foreign.length,
    );
  const mine = await signedNow(world);

  test('is found by comparing the log of KMS with ours', async () => {
    expect(await counts()).toEqual([0]);
    const thief = givenDelegate('dlg_thief');
    const sign = (input: Uint8Array) => deps.kms.sign(kms.versionName(), input);
    const certificate = await makeCertificate(
      { kid: 'root-1', algorithm: 'PS256', sign },
      { issuer, delegate: thief.key, scope: ['lic-lease+jwt'], seq: 9, at: now() },
    );
    const token = await makeLeaseToken(thief.signer, givenLeaseClaims(now()));
    expect(await counts()).toEqual([1]);
    expect(await (await clientOf(world)).believes({ certificate, token })).toMatchObject(believed);
    stolen = { certificate, token };
  });
  let stolen = { certificate: '', token: '' };

  test('is revoked by a list that the next root signs, which takes its place at once', async () => {
    await revokeKey(deps, context, { kid: 'root-1', reason: 'Abused' });
    await publishRevocations(deps);
    const list = await findNewestList(deps.db);
    expect(decodeProtectedHeader(list?.token ?? '').kid).toBe('root-2');
    expect(await world.settle()).toEqual(['activate', 'certify', 'create', 'publish', 'list']);

    const client = await clientOf(world);
    expect(await client.believes(stolen)).toEqual(revoked);
    expect(await client.believes(mine)).toEqual(revoked);
    const fresh = await signedNow(world);
    expect(decodeProtectedHeader(fresh.certificate).kid).toBe('root-2');
    expect(await client.believes(fresh)).toMatchObject(believed);
  });

  test('signs no list any more, and what it signs is not believed by those who have the list', async () => {
    await world.passDays(1);
    await publishRevocations(deps);
    const list = await findNewestList(deps.db);
    expect(decodeProtectedHeader(list?.token ?? '').kid).toBe('root-2');
  });
});

describe('a version that KMS has disabled', async () => {
  const world = await settled();
  const { kms } = world;
  const before = await clientOf(world);

  test('makes no certificate, and the next root takes over by itself', async () => {
    const [first] = kms.store.list();
    if (first === undefined) throw new Error('There is no version');
    kms.store.setState(first, 'DISABLED');
    expect(await world.settle()).toEqual(['activate', 'certify', 'create', 'publish', 'list']);
    const usable = await world.deps.metrics.rootUsable.get();
    expect(usable.values.map(({ value }) => value)).toEqual([1]);
    const fresh = await signedNow(world);
    expect(decodeProtectedHeader(fresh.certificate).kid).toBe('root-2');
    expect(await before.believes(fresh)).toMatchObject(believed);
    await world.passDays(1);
    expect(await publishRevocations(world.deps)).toMatchObject({ isNew: true });
  });
});

test('a root that is revoked before there is a next one waits for it', async () => {
  const world = await openTrustWorld();
  await revokeKey(world.deps, context, { kid: 'root-1', reason: 'Abused' });
  await expect(publishRevocations(world.deps)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await world.settle()).toEqual([
    'create',
    'publish',
    'activate',
    'certify',
    'list',
    'create',
    'publish',
    'list',
  ]);
  expect(await publishRevocations(world.deps)).toMatchObject({ isNew: true });
});
