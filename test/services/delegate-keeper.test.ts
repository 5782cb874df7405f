import { generateKeySync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../data/database.ts';
import { createDelegateKeeper, type DelegateKeeper } from '../../services/delegate-keeper.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { eventually } from '../support/eventually.ts';
import { addressOf, startProxy, throughProxy } from '../support/proxy.ts';
import { startSigningWorld } from '../support/signing-world.ts';

const world = await startSigningWorld();
const { deps, server } = world;
const hour = 3_600;
const hoursAgo = (hours: number) => Math.floor(Date.now() / 1_000) - hours * hour;
const keepers: DelegateKeeper[] = [];

beforeEach(() => world.reset());
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
});

/** A process that has looked once. */
async function startKeeper(
  differing: Partial<Parameters<typeof createDelegateKeeper>[0]> = {},
): Promise<DelegateKeeper> {
  const keeper = createDelegateKeeper({ ...deps, ...differing });
  keepers.push(keeper);
  await keeper.firstLook;
  return keeper;
}

const kidOf = (keeper: DelegateKeeper) => keeper.current()?.signer.kid ?? null;

async function revoke(kid: string): Promise<void> {
  const change = { revokedAt: new Date(), revokedWhy: 'Test' };
  await deps.systemDb.updateTable('delegates').set(change).where('kid', '=', kid).execute();
}

test('two processes that start with nothing make one delegate, and both sign with it', async () => {
  const before = server.calls('asymmetricSign');
  const [one, other] = await Promise.all([startKeeper(), startKeeper()]);
  const kid = await eventually(() => kidOf(one) ?? false, { withinMs: 30_000 });
  await other.refresh();
  expect(kidOf(other)).toBe(kid);
  expect(server.calls('asymmetricSign')).toBe(before + 1);
});

test('goes on to a new delegate at its next look, and off one that was revoked', async () => {
  const first = await renewDelegate(deps);
  const keeper = await startKeeper();
  expect(kidOf(keeper)).toBe(first.kid);
  const second = await renewDelegate(deps, { isForced: true });
  await keeper.refresh();
  expect(kidOf(keeper)).toBe(second.kid);
  await revoke(second.kid);
  await keeper.refresh();
  expect(kidOf(keeper)).toBe(first.kid);
});

test('signs with none of the future: its certificate has not begun', async () => {
  const first = await renewDelegate(deps, { at: hoursAgo(1) });
  await renewDelegate(deps, { at: hoursAgo(-1), isForced: true });
  expect(kidOf(await startKeeper())).toBe(first.kid);
});

describe('with KMS away', () => {
  test.each([6, 12, 23])(
    'a process starts and signs with a delegate of %i hours ago',
    async (age) => {
      const { kid } = await renewDelegate(deps, { at: hoursAgo(age) });
      server.faults.set({ status: 'UNAVAILABLE' });
      const keeper = await startKeeper();
      expect(kidOf(keeper)).toBe(kid);
      const left = (keeper.current()?.signUntil ?? 0) - Date.now() / 1_000;
      expect(Math.round(left / hour)).toBe(24 - age);
    },
  );

  test('nobody signs any more when the delegate’s day is over, and the metric says so', async () => {
    await renewDelegate(deps, { at: hoursAgo(25) });
    server.faults.set({ status: 'UNAVAILABLE' });
    const keeper = await startKeeper();
    expect(keeper.current()).toBeNull();
    expect(await deps.metrics.render()).toMatch(/^signing_delegate_seconds_left\{.*\} 0$/m);
    await eventually(() => world.log().includes('No delegate can be made'));
  });

  test('a first start goes on without a delegate, and has one soon after KMS is back', async () => {
    server.faults.set({ status: 'UNAVAILABLE' });
    const keeper = await startKeeper();
    await eventually(() => world.log().includes('No delegate can be made'));
    expect(keeper.current()).toBeNull();
    server.faults.set({});
    await eventually(() => keeper.current() !== null, { withinMs: 30_000 });
  });
});

test('a process renews by itself what no Schedule has renewed for longer than 18 hours', async () => {
  const { kid } = await renewDelegate(deps, { at: hoursAgo(19) });
  const keeper = await startKeeper();
  await eventually(() => kidOf(keeper) !== kid && keeper.current() !== null, { withinMs: 30_000 });
});

test('with Postgres away it goes on with what it has', async () => {
  const { kid } = await renewDelegate(deps);
  const proxy = await startProxy(addressOf(world.appUrl));
  const url = throughProxy(world.appUrl, proxy);
  const db = openDatabase({ url, poolSize: 1, onError: () => undefined });
  const keeper = await startKeeper({ db });
  proxy.cut();
  await keeper.refresh();
  expect(world.log()).toContain('The delegate cannot be looked up');
  expect(kidOf(keeper)).toBe(kid);
  proxy.mend();
  await db.destroy();
});

test('with another seal key it says so once, tells no secret, and takes an older one that opens', async () => {
  const { kid: older } = await renewDelegate(deps, { at: hoursAgo(1) });
  const sealKeys = [{ kid: 's2', secret: generateKeySync('hmac', { length: 256 }) }];
  const signing = { ...deps.signing, sealKeys };
  const keeper = await startKeeper({ signing });
  expect(keeper.current()).toBeNull();
  await keeper.refresh();
  const told = world
    .log()
    .split('\n')
    .filter((line) => line.includes('cannot be opened'));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('sealed with the key s1, which is not set');
  for (const { secret } of [...sealKeys, ...deps.signing.sealKeys]) {
    expect(world.log()).not.toContain(secret.export().toString('base64url'));
  }
  await renewDelegate({ ...deps, signing }, { isForced: true });
  const before = await startKeeper();
  expect(kidOf(before)).toBe(older);
});

test('where nothing is signed it asks for nothing', async () => {
  const signing = { ...deps.signing, sealKeys: [] };
  const keeper = await startKeeper({ kms: null, signing });
  expect(keeper.current()).toBeNull();
});
