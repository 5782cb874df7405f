import { describe, expect, test } from 'vitest';
import { startTestApi } from '../../support/api.ts';
import {
  acquire,
  acquireBody,
  acquireMany,
  afterLeaseLapses,
  changeLicense,
  forceRelease,
  givenLicense,
  givenOtherPlan,
  heartbeat,
  historyOf,
  problemOf,
  readLicense,
  reinstate,
  release,
  revoke,
  show,
  suspend,
  tryAcquire,
  tryHeartbeat,
  type AcquireOptions,
} from '../../support/given.ts';

const api = await startTestApi();

describe('a free seat', () => {
  test('is granted with everything that its holder needs', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const { httpStatus, session, credential } = await acquire(license, { instance: 'one' });
    expect(httpStatus).toBe(201);
    expect(session).toMatchObject({
      status: 'active',
      licenseId: license.licenseId,
      instanceKey: 'one',
      usageType: 'builder',
      seats: { used: 1, limit: 2 },
      queue: null,
      heartbeatSeconds: 5,
      fence: { counter: 1 },
      endedAt: null,
      endReason: null,
    });
    const leaseMs = Date.parse(session.leaseUntil ?? '') - Date.parse(session.createdAt ?? '');
    expect(leaseMs).toBeGreaterThan(13_000);
    expect(leaseMs).toBeLessThan(17_000);
    expect(credential).toMatch(/^lhs_/);
  });

  test('is the same seat for the same instance, asked as often as it likes', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const first = await acquire(license, { instance: 'one' });
    const again = await acquire(license, { instance: 'one' });
    expect([first.httpStatus, again.httpStatus]).toEqual([201, 200]);
    expect(again.id).toBe(first.id);
    expect(again.session.fence).toEqual(first.session.fence);
    expect(again.session.seats).toEqual({ used: 1, limit: 2 });
    expect(again.session.createdAt).toBe(first.session.createdAt);
    expect(await historyOf(first)).toEqual(['seat.acquired']);
  });

  test('is one session and one event when the same instance asks many times at once', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const sessions = await Promise.all(
      Array.from({ length: 12 }, () => acquire(license, { instance: 'one' })),
    );
    const [first] = sessions;
    if (first === undefined) throw new Error('No session');
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(1);
    expect(await historyOf(first)).toEqual(['seat.acquired']);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 1 } });
  });

  test('carries a fence that rises with every grant', async () => {
    const license = await givenLicense(api, { seats: 3 });
    const sessions = [await acquire(license), await acquire(license), await acquire(license)];
    expect(sessions.map(({ session }) => session.fence?.counter)).toEqual([1, 2, 3]);
    expect(new Set(sessions.map(({ session }) => session.fence?.epoch)).size).toBe(1);
  });

  test('is had with the license key however it was typed', async () => {
    const license = await givenLicense(api);
    const typed = license.licenseKey.toLowerCase().replaceAll('-', '').replaceAll('0', 'o');
    expect(await acquire({ ...license, licenseKey: typed })).toMatchObject({ httpStatus: 201 });
  });

  test('keeps what the program says of itself', async () => {
    const license = await givenLicense(api);
    const device = { fingerprint: 'f1', name: 'Ada’s laptop', platform: 'linux' };
    const metadata = { team: 'core', nodes: 3, dry: false, note: null };
    await acquire(license, { instance: 'one', device, metadata, usageType: 'runtime' });
    const { tenantId, licenseId } = license;
    const answer = await api.asOperator('GET', `/v1/licenses/${licenseId}/sessions`, { tenantId });
    expect(answer.body).toMatchObject({
      items: [{ instanceKey: 'one', usageType: 'runtime', version: '1.0.0', device, metadata }],
    });
  });

  test('belongs to one license: the same instance may hold one of another too', async () => {
    const [one, other] = [await givenLicense(api), await givenLicense(api)];
    const first = await acquire(one, { instance: 'shared' });
    const second = await acquire(other, { instance: 'shared' });
    expect(second.httpStatus).toBe(201);
    expect(second.id).not.toBe(first.id);
    await release(first);
    expect(await heartbeat(second)).toMatchObject({ status: 'active' });
  });
});

describe('several processes of one instance', () => {
  test('hold one seat together, each with a credential of its own', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const one = await acquire(license, { instance: 'i', holderId: 'p1' });
    const two = await acquire(license, { instance: 'i', holderId: 'p2' });
    expect(two).toMatchObject({ httpStatus: 200, id: one.id });
    expect(two.credential).not.toBe(one.credential);
    await release(one);
    expect(await heartbeat(two)).toMatchObject({ status: 'active', seats: { used: 1, limit: 1 } });
    expect((await tryAcquire(license)).status).toBe(409);
    await release(two);
    expect(await acquire(license)).toMatchObject({ httpStatus: 201 });
  });

  test('are as many as the policy allows', async () => {
    const license = await givenLicense(api, { policy: { holdersMax: 2 } });
    await acquire(license, { instance: 'i', holderId: 'p1' });
    await acquire(license, { instance: 'i', holderId: 'p2' });
    const third = await tryAcquire(license, { instance: 'i', holderId: 'p3' });
    expect(third.status).toBe(409);
    expect(problemOf(third)).toMatchObject({ code: 'holders_exhausted', conclusive: true });
    const again = await acquire(license, { instance: 'i', holderId: 'p2' });
    expect(again.httpStatus).toBe(200);
  });

  test('a process that left is told so at its next beat, the others go on', async () => {
    const license = await givenLicense(api);
    const one = await acquire(license, { instance: 'i', holderId: 'p1' });
    await acquire(license, { instance: 'i', holderId: 'p2' });
    await release(one);
    expect(problemOf(await tryHeartbeat(one))).toMatchObject({ code: 'session_ended' });
  });
});

describe('when all seats are in use', () => {
  test('a denial says how many seats there are and counts those who hold them', async () => {
    const license = await givenLicense(api, { seats: 2 });
    await acquireMany(license, 2);
    const answer = await tryAcquire(license);
    expect(answer.status).toBe(409);
    expect(problemOf(answer)).toMatchObject({
      code: 'no_seats_available',
      conclusive: true,
      retryable: true,
      seats: { used: 2, limit: 2 },
      queue: { length: 0 },
      holders: [],
      otherHolders: 2,
    });
    expect(problemOf(answer).detail).toContain('"wait": true');
  });

  test('a denial lists the caller’s own sessions in full and first', async () => {
    const license = await givenLicense(api, { seats: 3 });
    const device = { fingerprint: 'my-machine', name: 'Ada’s laptop' };
    await acquire(license, { device: { fingerprint: 'x', name: 'Somebody’s' } });
    const own = await acquire(license, { device });
    await acquire(license, { device: { fingerprint: 'y' } });
    const answer = await tryAcquire(license, { device });
    const { holders, otherHolders } = problemOf(answer);
    expect(holders).toMatchObject([
      { sessionId: own.id, own: true, deviceName: 'Ada’s laptop', since: own.session.createdAt },
    ]);
    expect(otherHolders).toBe(2);
    expect(answer.text).not.toContain('Somebody');
    expect(answer.text).not.toContain('my-machine');
  });

  test('a denial names the others where the policy allows it, twenty at most', async () => {
    const license = await givenLicense(api, { seats: 25, policy: { namesHolders: true } });
    await acquireMany(license, 24);
    const own = await acquire(license, { device: { fingerprint: 'me', name: 'Mine' } });
    const { holders = [], otherHolders } = problemOf(
      await tryAcquire(license, { device: { fingerprint: 'me' } }),
    );
    expect(holders).toHaveLength(20);
    expect(holders[0]).toMatchObject({ sessionId: own.id, own: true });
    expect(holders.slice(1).every((holder) => !holder.own)).toBe(true);
    expect(otherHolders).toBe(5);
  });

  test('overdraft seats are granted beyond the limit, and no more', async () => {
    const license = await givenLicense(api, { seats: 2, policy: { overdraft: 1 } });
    await acquireMany(license, 3);
    expect(problemOf(await tryAcquire(license)).seats).toEqual({ used: 3, limit: 2 });
  });

  test('a seat whose lease is over goes to the next who asks, and the ledger knows', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const dead = await acquire(license);
    await afterLeaseLapses(dead);
    const next = await acquire(license);
    expect(next.session.fence?.counter).toBe(2);
    expect(await show(dead)).toMatchObject({ status: 'ended', endReason: 'lapsed' });
    expect(await historyOf(dead)).toEqual(['seat.acquired', 'lease.lapsed']);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 1 } });
  });

  test('hundreds of leases that are over at once are settled by those who ask at once', async () => {
    const license = await givenLicense(api, { seats: 150 });
    const dead = await acquireMany(license, 150);
    await Promise.all(dead.map(afterLeaseLapses));
    const next = await acquireMany(license, 150);
    expect(next.every(({ httpStatus }) => httpStatus === 201)).toBe(true);
    expect((await tryAcquire(license)).status).toBe(409);
    expect(await readLicense(license)).toMatchObject({ seats: { used: 150 } });
  });
});

describe('a license that does not allow the use', () => {
  const hourAgo = () => new Date(Date.now() - 3_600_000).toISOString();

  test('refuses another product and names the right one', async () => {
    const license = await givenLicense(api);
    const answer = await tryAcquire(license, { product: 'another' });
    expect(answer.status).toBe(403);
    expect(problemOf(answer)).toMatchObject({ code: 'product_mismatch', conclusive: true });
    expect(problemOf(answer).detail).toContain(license.product);
  });

  test('refuses a usage type that its plan does not have', async () => {
    const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
    const answer = await tryAcquire(license, { usageType: 'runtime' });
    expect(answer.status).toBe(403);
    expect(problemOf(answer)).toMatchObject({
      ...{ code: 'usage_type_not_allowed', upgrade: { plans: [], url: null } },
      detail:
        'This license allows builder use, not runtime use. No plan on offer would: ask the vendor.',
    });
    expect((await tryAcquire(license, { usageType: 'builder' })).status).toBe(201);
  });

  test('refuses what a feature is missing for, and says which plans have it and where', async () => {
    const upgradeUrl = 'https://acme.example/plans';
    const license = await givenLicense(api, { seats: 1, upgradeUrl });
    const features = { agents: 90, sso: true };
    await givenOtherPlan(license, { code: 'team', policy: { features } });
    await givenOtherPlan(license, { code: 'for-one', offered: false, policy: { features } });
    const answer = await tryAcquire(license, { features: ['agents', 'sso'] });
    expect(answer.status).toBe(403);
    expect(problemOf(answer)).toMatchObject({
      ...{ code: 'feature_not_granted', conclusive: true, retryable: false },
      detail: `This license does not grant the feature sso. The plan Plan team would: ${upgradeUrl}`,
      missingFeatures: [{ name: 'sso', value: null, gate: null }],
      upgrade: { plans: [{ code: 'team', name: 'Plan team' }], url: upgradeUrl },
    });
    expect(await readLicense(license)).toMatchObject({ seats: { used: 0 } });
    expect((await tryAcquire(license, { features: ['agents'] })).status).toBe(201);
  });

  test('names the way out of a type of use that its plan does not have', async () => {
    const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
    await givenOtherPlan(license, { code: 'enterprise' });
    expect(problemOf(await tryAcquire(license, { usageType: 'runtime' }))).toMatchObject({
      upgrade: { plans: [{ code: 'enterprise', name: 'Plan enterprise' }], url: null },
    });
  });

  test('answers the first of its faults: revoked, suspended, expired, product, usage type, feature', async () => {
    const license = await givenLicense(api, { policy: { usageTypes: ['builder'] } });
    const ask = async (wrong: AcquireOptions) =>
      problemOf(await tryAcquire(license, { features: ['sso'], ...wrong })).code;
    const code = () => ask({ product: 'another', usageType: 'runtime' });
    expect(await ask({})).toBe('feature_not_granted');
    expect(await ask({ usageType: 'runtime' })).toBe('usage_type_not_allowed');
    expect(await code()).toBe('product_mismatch');
    await changeLicense(license, { expiresAt: hourAgo() });
    expect(await code()).toBe('license_expired');
    await suspend(license);
    expect(await code()).toBe('license_suspended');
    await revoke(license);
    expect(await code()).toBe('license_revoked');
  });

  test('grants again once the fault is gone', async () => {
    const license = await givenLicense(api);
    await suspend(license);
    expect((await tryAcquire(license)).status).toBe(403);
    await reinstate(license);
    expect((await tryAcquire(license)).status).toBe(201);
    await changeLicense(license, { expiresAt: hourAgo() });
    expect((await tryAcquire(license)).status).toBe(403);
    await changeLicense(license, { expiresAt: null });
    expect((await tryAcquire(license)).status).toBe(201);
  });

  test('that expired lets running sessions go on and attach', async () => {
    const license = await givenLicense(api);
    const running = await acquire(license);
    await changeLicense(license, { expiresAt: hourAgo() });
    expect(await heartbeat(running)).toMatchObject({ status: 'active' });
  });
});

describe('a session that was taken away', () => {
  test('is not given back under its old id', async () => {
    const license = await givenLicense(api);
    const taken = await acquire(license, { instance: 'i' });
    await forceRelease(taken);
    const next = await acquire(license, { instance: 'i' });
    expect(next.httpStatus).toBe(201);
    expect(next.id).not.toBe(taken.id);
    expect(problemOf(await tryHeartbeat(taken))).toMatchObject({ code: 'session_ended' });
    expect(await heartbeat(next)).toMatchObject({ status: 'active' });
  });
});

describe('the stores', () => {
  test('a pool that Redis lost is rebuilt within the request', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const first = await acquire(license);
    await api.redis.flush();
    const second = await acquire(license);
    expect(second).toMatchObject({ httpStatus: 201, session: { seats: { used: 2, limit: 2 } } });
    expect((await tryAcquire(license)).status).toBe(409);
    const [before, after] = [first.session.fence?.epoch ?? 0, second.session.fence?.epoch ?? 0];
    expect(after).toBeGreaterThan(before);
    expect(await heartbeat(first)).toMatchObject({ fence: first.session.fence });
  });
});

test('refuses a body without what it needs, naming every member', async () => {
  const license = await givenLicense(api);
  const { instanceKey, ...rest } = acquireBody(license);
  const body = { ...rest, instanceKey: `${instanceKey} with blanks`, device: {}, wait: 'yes' };
  const answer = await api.request('POST', '/v1/sessions', {
    authorization: `License ${license.licenseKey}`,
    body: { ...body, product: undefined, usageType: 'both', features: ['two words'] },
  });
  expect(answer.status).toBe(422);
  expect(
    problemOf(answer)
      .errors?.map(({ path }) => path)
      .sort(),
  ).toEqual([
    ...['device.fingerprint', 'features.0', 'instanceKey', 'product', 'usageType', 'wait'],
  ]);
});
