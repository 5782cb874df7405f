/** Cloud KMS stops, and everything that runs is started anew: no customer notices. */
import { decodeProtectedHeader } from 'jose';
import { afterEach, expect, test } from 'vitest';
import { kmsEnvironment, startTestKms } from '../support/kms.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { proofOf } from '../support/denials.ts';
import {
  acquire,
  givenLicense,
  heartbeat,
  release,
  tryAcquire,
  tryHeartbeat,
  type GivenSession,
} from '../support/given.ts';
import { cloneDatabase } from '../support/database.ts';
import { startTestRedis } from '../support/redis.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';

const kms = await startTestKms();
const stores = { database: await cloneDatabase(), redis: await startTestRedis() };
const environment = {
  ...kmsEnvironment(kms),
  SESSION_CREDENTIAL_SECRETS: `t1:${Buffer.alloc(32, 7).toString('base64url')}`,
};
const before = await startTestApi({ ...stores, environment, kms });
const license = await givenLicense(before, { seats: 50 });
const session = await acquire(license);

afterEach(() => kms.faults.set({}));

/** The same session, at another process. */
const at = (api: TestApi): GivenSession => ({ ...session, license: { ...license, api } });

async function signedBy(api: TestApi, ended: GivenSession): Promise<string | undefined> {
  const { denial = '' } = (await tryHeartbeat(ended)).body as { denial?: string };
  await (await proofOf(api)).claimsOf((await tryHeartbeat(ended)).body);
  return kidOf(denial);
}

function kidOf(token: string): string | undefined {
  return token === '' ? undefined : decodeProtectedHeader(token).kid;
}

/** A delegate of so many hours ago is the only one that there is. */
async function afterHours(hours: number): Promise<string> {
  const { deps } = before;
  const change = { revokedAt: new Date(), revokedWhy: 'Test' };
  await deps.systemDb.updateTable('delegates').set(change).where('revokedAt', 'is', null).execute();
  const now = Math.floor(Date.now() / 1_000);
  return (await renewDelegate(deps, { at: now - hours * 3_600, isForced: true })).kid;
}

test.each([0, 6, 12, 23])(
  'started anew %i hours after KMS was last there, it grants, renews and signs',
  async (hours) => {
    const kid = await afterHours(hours);
    kms.faults.set({ status: 'UNAVAILABLE' });
    const api = await startTestApi({ ...stores, environment });
    expect(api.deps.delegate.current()?.signer.kid).toBe(kid);
    expect(await heartbeat(at(api))).toMatchObject({ status: 'active' });
    const answer = await tryAcquire({ ...license, api }, { instance: `i${hours}` });
    const { leaseToken = '' } = answer.body as { leaseToken?: string };
    expect(kidOf(leaseToken)).toBe(kid);
    const other = await acquire({ ...license, api });
    await release(other);
    expect(await signedBy(api, other)).toBe(kid);
  },
);

test('after a day without KMS nothing is signed any more, and everything else goes on', async () => {
  await afterHours(25);
  kms.faults.set({ status: 'UNAVAILABLE' });
  const api = await startTestApi({ ...stores, environment });
  expect(api.deps.delegate.current()).toBeNull();
  expect(await heartbeat(at(api))).toMatchObject({ status: 'active' });
  const other = await acquire({ ...license, api });
  await release(other);
  const refused = await tryHeartbeat(other);
  expect(refused.status).toBe(409);
  expect(refused.text).not.toContain('denial');
});
