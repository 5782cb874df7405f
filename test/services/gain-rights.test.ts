/**
 * Between the offer of offline rights and their record the license may change: seats are taken back, or a
 * device takes one out with a file. A test holds the lock under which they are recorded to let that come first.
 */
import { expect, test } from 'vitest';
import { poolKeys } from '../../lua/keys.ts';
import { startTestApi } from '../support/api.ts';
import { givenCheckOut, tryCheckIn } from '../support/check-outs.ts';
import {
  acquire,
  changeLicense,
  givenLicense,
  givenNoRightsLeft,
  heartbeat,
  release,
  tryHeartbeat,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';
import { readStores } from '../support/ledger.ts';
import { holdPool, openLockConnections, waitingForPool } from '../support/pool-lock.ts';

const api = await startTestApi();
const { admin, watcher } = await openLockConnections(api);

/** Three seats and as many rights: two machines have kept theirs, and a session began without. */
async function givenOnlineOnly(): Promise<{ license: GivenLicense; session: GivenSession }> {
  const license = await givenLicense(api, { seats: 3 });
  for (const instance of ['a', 'b']) await release(await acquire(license, { instance }));
  const makeRoom = await givenNoRightsLeft(license);
  const session = await acquire(license, { instance: 'i' });
  await makeRoom();
  return { license, session };
}

async function devicesWithRights(license: GivenLicense): Promise<string[]> {
  const hard = poolKeys(license).find((key) => key.endsWith(':hard')) ?? '';
  return (await api.store.zrange(hard, '0', '-1')).toSorted();
}

/** Whether the ledger has it that the session may go on offline. */
async function isRecorded({ license, id }: GivenSession): Promise<boolean> {
  const { rows } = await readStores(license);
  return rows.some((row) => row.id === id && row.rightsMs !== null);
}

/** A beat that is offered rights, and what commits right before they are recorded. */
async function beatBehind(
  session: GivenSession,
  { change, waiting }: { change: () => Promise<unknown>; waiting: number },
): Promise<void> {
  await holdPool(admin, session.license);
  const changing = change();
  await waitingForPool(watcher, waiting);
  const beating = tryHeartbeat(session);
  await waitingForPool(watcher, waiting + 1);
  await admin.query('commit');
  const [answer] = await Promise.all([beating, changing]);
  expect(answer.status, answer.text).toBe(200);
}

test('a beat gains no right that a license file took meanwhile, and gains it once that is given up', async () => {
  const { license, session } = await givenOnlineOnly();
  let file = '';
  const change = async () => {
    file = await givenCheckOut(license);
  };
  await beatBehind(session, { change, waiting: 1 });
  expect(await devicesWithRights(license)).toEqual(['device-of-a', 'device-of-b']);
  expect(await isRecorded(session)).toBe(false);

  expect((await tryCheckIn(license, file)).status).toBe(200);
  await heartbeat(session);
  expect(await devicesWithRights(license)).toContain('device-of-i');
  expect(await isRecorded(session)).toBe(true);
});

test('a beat gains no right when the license has fewer seats meanwhile', async () => {
  const { license, session } = await givenOnlineOnly();
  await beatBehind(session, { change: () => changeLicense(license, { seats: 2 }), waiting: 1 });
  expect(await devicesWithRights(license)).toEqual(['device-of-a', 'device-of-b']);
  expect(await isRecorded(session)).toBe(false);
});

test('a beat gains its right when what changed meanwhile leaves room for it', async () => {
  const { license, session } = await givenOnlineOnly();
  await beatBehind(session, { change: () => changeLicense(license, { seats: 4 }), waiting: 1 });
  expect(await devicesWithRights(license)).toContain('device-of-i');
  expect(await isRecorded(session)).toBe(true);
});

test('a right that is on record stays, though the beat that had it recorded never heard of it', async () => {
  const { license, session } = await givenOnlineOnly();
  const change = async () => {
    await admin.query('update sessions set rights_ms = 3615000 where id = $1', [session.id]);
    const raise = 'update pools set config_version = config_version + 1 where license_id = $1';
    await admin.query(raise, [license.licenseId]);
  };
  await beatBehind(session, { change, waiting: 0 });
  expect(await devicesWithRights(license)).toContain('device-of-i');
  expect(await isRecorded(session)).toBe(true);
});
