import { generateKeySync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { makeSessionCredential } from '../../../signing/session-credential.ts';
import { startTestApi } from '../../support/api.ts';
import { cloneDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import {
  acquire,
  acquireMany,
  afterLeaseLapses,
  afterSilence,
  forceRelease,
  givenLicense,
  heartbeat,
  problemOf,
  readLicense,
  release,
  revoke,
  show,
  suspend,
  tryAcquire,
  tryHeartbeat,
  tryRelease,
  tryShow,
  type GivenSession,
  type Session,
} from '../../support/given.ts';
import { addressOf, startProxy, throughProxy } from '../../support/proxy.ts';

const api = await startTestApi();

describe('a beat', () => {
  test('begins the lease anew and tells all that Redis knows', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const session = await acquire(license);
    const before = Date.parse(session.session.leaseUntil ?? '');
    const beaten: Session = await eventually(async () => {
      const now = await heartbeat(session);
      return Date.parse(now.leaseUntil ?? '') > before && now;
    });
    expect(beaten).toEqual({
      id: session.id,
      status: 'active',
      licenseId: license.licenseId,
      instanceKey: session.instanceKey,
      seats: { used: 1, limit: 2 },
      queue: null,
      leaseUntil: beaten.leaseUntil,
      heartbeatSeconds: 5,
      fence: session.session.fence,
    });
  });

  test('saves a lease that was over while nobody took the seat', async () => {
    const session = await acquire(await givenLicense(api, { seats: 1 }));
    await afterLeaseLapses(session);
    expect(await heartbeat(session)).toMatchObject({ status: 'active' });
    expect(await show(session)).toMatchObject({ status: 'active' });
  });

  test('is refused at another session’s path', async () => {
    const [one, other] = await acquireMany(await givenLicense(api), 2);
    const answer = await tryHeartbeat({ ...(one as GivenSession), id: other?.id ?? '' });
    expect(answer.status).toBe(404);
  });

  test('is refused with a credential that another server made', async () => {
    const session = await acquire(await givenLicense(api));
    const { tenantId, licenseId } = session.license;
    const credential = makeSessionCredential(
      [{ kid: 't1', secret: generateKeySync('hmac', { length: 256 }) }],
      {
        ...{ tenantId, licenseId, sessionId: session.id, instanceKey: session.instanceKey },
        ...{ holderId: 'default', product: session.license.product },
      },
    );
    expect((await tryHeartbeat({ ...session, credential })).status).toBe(401);
  });
});

describe('a session that has ended', () => {
  async function expectEnded(session: GivenSession, reason: string): Promise<void> {
    const answer = await tryHeartbeat(session);
    expect(answer.status).toBe(409);
    expect(problemOf(answer)).toMatchObject({
      ...{ code: 'session_ended', reason, conclusive: true, retryable: false },
    });
    expect(await show(session)).toMatchObject({ status: 'ended', endReason: reason });
  }

  test('is told released', async () => {
    const session = await acquire(await givenLicense(api));
    await release(session);
    await expectEnded(session, 'released');
  });

  test('is told forced', async () => {
    const session = await acquire(await givenLicense(api));
    await forceRelease(session);
    await expectEnded(session, 'forced');
  });

  test('is told license_suspended', async () => {
    const session = await acquire(await givenLicense(api));
    await suspend(session.license);
    await expectEnded(session, 'license_suspended');
  });

  test('is told license_revoked', async () => {
    const session = await acquire(await givenLicense(api));
    await revoke(session.license);
    await expectEnded(session, 'license_revoked');
  });

  test('is told lapsed once its seat went to somebody else, and changes nothing', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const late = await acquire(license);
    await afterLeaseLapses(late);
    const next = await acquire(license);
    const before = await heartbeat(next);
    await expectEnded(late, 'lapsed');
    const after = await heartbeat(next);
    expect(after).toMatchObject({ seats: { used: 1, limit: 1 }, fence: before.fence });
    expect(await readLicense(license)).toMatchObject({ seats: { used: 1 } });
  });

  test('is told lapsed while somebody waits for the seat, before it was given away', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const late = await acquire(license);
    await acquire(license, { wait: true });
    await afterLeaseLapses(late);
    expect(problemOf(await tryHeartbeat(late)).reason).toBe('lapsed');
  });

  test('is told offer_expired, and a silent waiter lapsed', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const holder = await acquire(license);
    const first = await acquire(license, { wait: true });
    const second = await acquire(license, { wait: true });
    await release(holder);
    await afterLeaseLapses(first);
    expect(problemOf(await tryHeartbeat(first)).reason).toBe('offer_expired');
    expect(await show(second)).toMatchObject({ status: 'offered' });
    const third = await acquire(license, { wait: true });
    await afterSilence(third);
    expect(problemOf(await tryHeartbeat(third)).reason).toBe('lapsed');
  });

  test('is told of the instance’s newer session only when it did not end otherwise', async () => {
    const license = await givenLicense(api);
    const old = await acquire(license, { instance: 'i' });
    await release(old);
    await acquire(license, { instance: 'i' });
    expect(problemOf(await tryHeartbeat(old))).toMatchObject({ code: 'session_ended' });
    expect(await show(old)).toMatchObject({ status: 'ended', endReason: 'released' });
  });

  test('stays ended after the license is reinstated', async () => {
    const session = await acquire(await givenLicense(api));
    const { licenseId } = session.license;
    await suspend(session.license);
    await api.asOperator('POST', `/v1/licenses/${licenseId}/reinstate`, { body: {} });
    await acquire(session.license);
    await expectEnded(session, 'license_suspended');
  });
});

describe('when a store is away', () => {
  test('Postgres: beats go on, acquire is not available, and later all goes on', async () => {
    const database = await cloneDatabase();
    const proxy = await startProxy(addressOf(database.appUrl));
    const environment = { DATABASE_URL: throughProxy(database.appUrl, proxy) };
    const own = await startTestApi({ database, environment });
    const license = await givenLicense(own, { seats: 3 });
    const session = await acquire(license);
    proxy.cut();
    try {
      expect(await heartbeat(session)).toMatchObject({ status: 'active' });
      const refused = await tryAcquire(license);
      expect(refused.status).toBe(503);
      expect(problemOf(refused)).toMatchObject({
        ...{ code: 'unavailable', conclusive: false, retryable: true },
      });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await tryRelease(session)).status).toBe(503);
    } finally {
      proxy.mend();
    }
    await eventually(() => acquire(license, { instance: 'later' }));
    await release(session);
  });

  test('Redis: 503 that is not conclusive, then restored with nobody’s seat lost', async () => {
    const own = await startTestApi();
    const license = await givenLicense(own, { seats: 2 });
    const session = await acquire(license);
    await own.redis.kill();
    for (const answer of [await tryHeartbeat(session), await tryAcquire(license)]) {
      expect(answer.status, answer.text).toBe(503);
      expect(problemOf(answer)).toMatchObject({ code: 'unavailable', conclusive: false });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    await own.redis.restart();
    const codes = new Set<string>();
    const back = await eventually(async () => {
      const answer = await tryHeartbeat(session);
      if (answer.status >= 400) codes.add(problemOf(answer).code);
      return answer.status === 200 && answer;
    });
    expect(back.body).toMatchObject({ session: { fence: session.session.fence } });
    expect([...codes].filter((code) => !['unavailable', 'restoring'].includes(code))).toEqual([]);
    expect(await show(session)).toMatchObject({ status: 'active', seats: { used: 1, limit: 2 } });
  });

  test('Redis wiped: the beat that finds out is told restoring and starts it', async () => {
    const session = await acquire(await givenLicense(api));
    await api.redis.flush();
    const first = await tryHeartbeat(session);
    expect(first.status).toBe(503);
    expect(problemOf(first)).toMatchObject({ code: 'restoring', conclusive: false });
    await eventually(() => heartbeat(session));
  });

  test('Redis wiped: looking at a session restores it within the request', async () => {
    const session = await acquire(await givenLicense(api));
    await api.redis.flush();
    expect((await tryShow(session)).body).toMatchObject({ session: { status: 'active' } });
  });

  test('Redis wiped: a session that had ended hears why, which only the ledger knows', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const [forced, kept] = [await acquire(license), await acquire(license)];
    await forceRelease(forced);
    await api.redis.flush();
    expect(await show(kept)).toMatchObject({ status: 'active' });
    const problem = problemOf(await tryHeartbeat(forced));
    expect(problem).toMatchObject({ code: 'session_ended', reason: 'forced' });
  });
});
