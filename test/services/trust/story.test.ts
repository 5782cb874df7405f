/**
 * The story of a rotation, as an old client lives through it: it has pinned the first root alone and will
 * never be built anew. It prints what happens, and fails when the client believes anything less than
 * every lease.
 */
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { findNewestList } from '../../../data/revocation-lists.ts';
import { listRootLists, listRoots } from '../../../data/roots.ts';
import { findNewestDelegate } from '../../../data/signing-keys.ts';
import { publishRevocations } from '../../../services/publish-revocations.ts';
import { createDelegateSigner } from '../../../signing/delegate-signer.ts';
import { openDelegate } from '../../../signing/sealed-delegate.ts';
import { verifyChain } from '../../../signing/tokens/chain.ts';
import { leaseFormat, makeLeaseToken } from '../../../signing/tokens/lease-token.ts';
import {
  noList,
  verifyRevocationList,
  type KnownRevocations,
} from '../../../signing/tokens/revocation-list.ts';
import { trustPinned, walkRootLists } from '../../../signing/tokens/root-list.ts';
import type { RootTrust } from '../../../signing/tokens/root-trust.ts';
import { givenLeaseClaims } from '../../support/delegate.ts';
import { givenRoot } from '../../support/roots.ts';
import { openTrustWorld, sealKeys } from '../../support/trust-world.ts';

const world = await openTrustWorld();
const { deps } = world;
const now = () => Math.floor(Date.now() / 1_000);

/** The client: what it was built with, and what it has learnt. */
let trust: RootTrust = trustPinned({ keys: [givenRoot(1).jwk] });
let known: KnownRevocations = noList;

/** It comes online, takes in what is published, and gets a lease. */
async function visit() {
  const lists = (await listRootLists(deps.db, 8)).map(({ token }) => token);
  trust = await walkRootLists(lists, { trust, revoked: known.revoked.keys, at: now() });
  const newest = await findNewestList(deps.db);
  const check = newest && (await verifyRevocationList(newest.token, { trust, known, at: now() }));
  if (check?.isGood === true) ({ trust, list: known } = check);
  return leaseNow();
}

async function leaseNow() {
  const delegate = await findNewestDelegate(deps.db);
  if (delegate === undefined) throw new Error('There is no delegate');
  const { kid, certificate } = delegate;
  const signer = createDelegateSigner({ kid, privateKey: openDelegate(sealKeys, delegate) });
  return { certificate, token: await makeLeaseToken(signer, givenLeaseClaims(now())) };
}

async function verdict(lease: { certificate: string; token: string }): Promise<string> {
  const check = await verifyChain(lease, {
    ...{ format: leaseFormat, roots: trust.roots, revoked: known.revoked },
    ...{ at: now(), audience: 'cad' },
  });
  const signedBy = decodeProtectedHeader(lease.certificate).kid ?? '?';
  return check.isGood ? `believed (${signedBy})` : `${check.fault} (${signedBy})`;
}

const story: string[] = [];
async function tell(day: number, event: string, lease: string): Promise<void> {
  const roots = (await listRoots(deps.db)).map(({ kid, state }) => `${kid} ${state}`).join(', ');
  const trusted = [...trust.roots.keys()].join(', ');
  story.push(`day ${String(day).padStart(3)}  ${event}`);
  story.push(`         server: ${roots}`);
  story.push(`         client: trusts ${trusted}; its lease is ${lease}`);
}

test('an old client goes on working before, during and after a rotation, online or not', async () => {
  const verdicts: string[] = [];
  const live = async (
    day: number,
    event: string,
    lease: { certificate: string; token: string },
  ) => {
    const said = await verdict(lease);
    verdicts.push(said);
    await tell(day, event, said);
  };
  await world.settle();
  await publishRevocations(deps);
  await live(0, 'the next root is published in a list that the present one signs', await visit());

  await world.passDays(89.7);
  await world.settle();
  const kept = await visit();
  await live(89, 'the client is online for the last time before the rotation', kept);

  await world.passDays(0.3);
  expect(await world.settle()).toContain('activate');
  await live(90, 'the root is rotated; the client is offline and holds its lease', kept);
  await live(90, 'somebody hands it a lease of the new root, still offline', await leaseNow());

  await publishRevocations(deps);
  await live(90, 'it comes online again', await visit());

  await world.passDays(90);
  await world.settle();
  await world.passDays(90);
  await world.settle();
  await publishRevocations(deps);
  await live(270, 'two rotations later it comes back and walks the lists', await visit());

  console.log(`\n${story.join('\n')}\n`);
  expect(verdicts).toEqual([
    ...['believed (root-1)', 'believed (root-1)', 'believed (root-1)'],
    ...['believed (root-2)', 'believed (root-2)', 'believed (root-4)'],
  ]);
});
