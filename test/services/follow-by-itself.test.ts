/** What each process does without being asked: half a minute of waiting, once. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createDelegateKeeper } from '../../services/delegate-keeper.ts';
import { createFollowedLists, keepFollowing } from '../../services/follow-lists.ts';
import { publishRevocations } from '../../services/publish-revocations.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { eventually } from '../support/eventually.ts';
import { startSigningWorld } from '../support/signing-world.ts';

const { deps } = await startSigningWorld();

test('a process comes to a new delegate and a new list by itself, within a minute', async () => {
  const first = await renewDelegate(deps);
  const keeper = createDelegateKeeper(deps);
  const lists = createFollowedLists(deps);
  const stopping = new AbortController();
  const following = keepFollowing(lists, { log: deps.log, stopping: stopping.signal });
  await keeper.firstLook;
  expect(keeper.current()?.signer.kid).toBe(first.kid);
  // Both have had their first look: what comes now they find only if they look again.
  await delay(500);
  expect(lists.revocations()).toBeNull();
  const second = await renewDelegate(deps, { isForced: true });
  const published = await publishRevocations(deps);
  const hasBoth = () =>
    keeper.current()?.signer.kid === second.kid && lists.revocations()?.seq === published?.seq;
  await eventually(hasBoth, { withinMs: 60_000, everyMs: 500 });
  stopping.abort();
  await Promise.all([following, keeper.close()]);
}, 90_000);
