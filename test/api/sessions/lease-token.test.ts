import { describe, expect, test } from 'vitest';
import { restorePool } from '../../../services/restore-pool.ts';
import { poolKeys } from '../../../lua/keys.ts';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireBody,
  forceRelease,
  givenLicense,
  givenNoRightsLeft,
  release,
  suspend,
  tryAcquire,
  tryHeartbeat,
  type GivenLicense,
  type GivenSession,
} from '../../support/given.ts';
import { startTestKms } from '../../support/kms.ts';
import { hasToken, leasesBelievedOf } from '../../support/leases.ts';

const kms = await startTestKms();
const api = await startTestApi({ kms });
const claimsOf = await leasesBelievedOf(api);
const graceMs = 3_600_000;

async function rightsOf(license: GivenLicense): Promise<Record<string, number>> {
  const hard = poolKeys(license).find((key) => key.endsWith(':hard')) ?? '';
  const flat = await api.store.zrangebyscore(hard, Date.now(), '+inf', 'WITHSCORES');
  const pairs = flat.flatMap((name, at) => (at % 2 === 0 ? [[name, Number(flat[at + 1])]] : []));
  return Object.fromEntries(pairs) as Record<string, number>;
}

describe('who is granted a seat', () => {
  test('is given a token that a client with the pinned root believes', async () => {
    const license = await givenLicense(api, { policy: { features: { agents: 5, betas: true } } });
    const answer = await tryAcquire(license);
    const claims = await claimsOf(answer, license);
    const { session } = answer.body as GivenSession;
    const seconds = Math.floor(Date.parse(session.leaseUntil ?? '') / 1_000);
    expect(claims).toMatchObject({
      ...{ sub: license.licenseId, tid: license.tenantId, sid: session.id },
      ...{ lease_until: seconds, feat: { agents: 5, betas: true } },
      ...{ epoch: session.fence?.epoch, fence: session.fence?.counter },
    });
    const [hardUntil = 0] = Object.values(await rightsOf(license));
    expect(claims.exp).toBe(Math.floor(hardUntil / 1_000));
    expect(hardUntil).toBe(Date.parse(session.leaseUntil ?? '') + graceMs);
  });

  test('beyond what may go on offline is given one that ends with the lease', async () => {
    const license = await givenLicense(api, { seats: 3 });
    await acquire(license);
    await givenNoRightsLeft(license);
    const claims = await claimsOf(await tryAcquire(license), license);
    expect(claims.exp).toBe(claims.lease_until);
  });

  test('is given none while it waits', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license);
    expect(hasToken(await tryAcquire(license, { wait: true }))).toBe(false);
  });

  test('is given one for each process', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await acquire(license, { instance: 'i', holderId: 'p1' });
    const second = await tryAcquire(license, { instance: 'i', holderId: 'p2' });
    expect((await claimsOf(second, license)).sub).toBe(license.licenseId);
  });
});

describe('a token repeats the nonce of the request that it answers', () => {
  test('and none where there was none', async () => {
    const license = await givenLicense(api, { seats: 3 });
    const authorization = `License ${license.licenseKey}`;
    const ask = async (instance: string, headers: Record<string, string>) => {
      const body = acquireBody(license, { instance });
      const answer = await api.request('POST', '/v1/sessions', { authorization, headers, body });
      return (await claimsOf(answer, license)).nonce;
    };
    expect(await ask('a', { 'leasehold-nonce': 'n1' })).toBe('n1');
    expect(await ask('b', {})).toBeUndefined();
  });

  test('also when it comes with a beat', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license);
    const answer = await tryHeartbeat(session, { wantsToken: true }, { 'leasehold-nonce': 'n1' });
    expect((await claimsOf(answer, license)).nonce).toBe('n1');
  });
});

describe('a beat', () => {
  test('brings a token when its sender has none, though the last one says nearly the same', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license);
    expect(hasToken(await tryHeartbeat(session, { wantsToken: true }))).toBe(true);
    expect(hasToken(await tryHeartbeat(session))).toBe(false);
  });

  test('brings no token while the last one says nearly the same', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license);
    expect(hasToken(await tryHeartbeat(session))).toBe(false);
  });

  test('of an online-only session brings one each time, and rights once there is room', async () => {
    const license = await givenLicense(api, { seats: 3 });
    await acquire(license);
    const makeRoom = await givenNoRightsLeft(license);
    const session = await acquire(license, { instance: 'i' });
    for (const answer of [await tryHeartbeat(session), await tryHeartbeat(session)]) {
      const { exp, lease_until } = await claimsOf(answer, license);
      expect(exp).toBe(lease_until);
    }
    await makeRoom();
    const gained = await claimsOf(await tryHeartbeat(session), license);
    expect(gained.exp - gained.lease_until).toBe(graceMs / 1_000);
    expect(hasToken(await tryHeartbeat(session))).toBe(false);
    await api.redis.flush();
    await restorePool(api.deps, license);
    expect((await rightsOf(license))['device-of-i']).toBeGreaterThanOrEqual(gained.exp * 1_000);
  });
});

describe('what a restore knows', () => {
  const restored = async (license: GivenLicense) => {
    await api.redis.flush();
    await restorePool(api.deps, license);
    return Object.keys(await rightsOf(license));
  };

  test('open sessions have rights, and online-only ones none', async () => {
    const license = await givenLicense(api, { seats: 3 });
    await acquire(license, { instance: 'i' });
    await givenNoRightsLeft(license);
    await acquire(license, { instance: 'j' });
    expect(await restored(license)).toEqual(['device-of-i']);
  });

  test('a person’s machine keeps its rights after a clean stop, a runtime and a build do not', async () => {
    const policy = { usageTypes: ['builder' as const, 'runtime' as const] };
    const license = await givenLicense(api, { policy });
    const ephemeral = { fingerprint: 'build', ephemeral: true };
    const kept = await acquire(license, { instance: 'i' });
    const shipped = await acquire(license, { instance: 'j', usageType: 'runtime' });
    const built = await acquire(license, { device: ephemeral });
    for (const session of [kept, shipped, built]) await release(session);
    expect(Object.keys(await rightsOf(license))).toEqual(['device-of-i']);
    expect(await restored(license)).toEqual(['device-of-i']);
  });

  test('a seat that was taken back leaves its rights: the token is out', async () => {
    const license = await givenLicense(api);
    const session = await acquire(license, { device: { fingerprint: 'f', ephemeral: true } });
    await forceRelease(session);
    expect(await restored(license)).toEqual(['f']);
  });

  test('so does a suspension', async () => {
    const license = await givenLicense(api);
    await acquire(license, { instance: 'i' });
    await suspend(license);
    expect(await restored(license)).toEqual(['device-of-i']);
  });
});

test('without a key that signs everything is as ever, and no answer has a token', async () => {
  const { database, redis } = api;
  const plain = await startTestApi({ database, redis });
  const license = { ...(await givenLicense(api)), api: plain };
  const session = await acquire(license);
  expect(session.httpStatus).toBe(201);
  expect(hasToken(await tryAcquire(license, { instance: session.instanceKey }))).toBe(false);
  const beaten = await tryHeartbeat(session);
  expect([beaten.status, hasToken(beaten)]).toEqual([200, false]);
});
