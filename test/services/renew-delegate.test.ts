import { beforeEach, describe, expect, test } from 'vitest';
import { LicensingError } from '../../domain/errors.ts';
import { KmsFault } from '../../platform/kms-faults.ts';
import { renewDelegate } from '../../services/renew-delegate.ts';
import { openDelegate } from '../../signing/sealed-delegate.ts';
import { createDelegateSigner } from '../../signing/delegate-signer.ts';
import { verifyChain } from '../../signing/tokens/chain.ts';
import { leaseFormat, makeLeaseToken } from '../../signing/tokens/lease-token.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { givenLeaseClaims } from '../support/delegate.ts';
import { startSigningWorld } from '../support/signing-world.ts';

const world = await startSigningWorld();
const { deps, server } = world;
const { systemDb } = deps;
const hour = 3_600;
const now = () => Math.floor(Date.now() / 1_000);

beforeEach(() => world.reset());

const delegates = () => systemDb.selectFrom('delegates').selectAll().orderBy('seq').execute();
const signatures = () => server.calls('asymmetricSign');
const audited = () =>
  systemDb
    .selectFrom('auditLog')
    .selectAll()
    .where('action', '=', 'kms.signed')
    .orderBy('id')
    .execute();

test('makes a delegate whose tokens verify with the root alone, and records the signature', async () => {
  const before = signatures();
  const { kid, isNew } = await renewDelegate(deps);
  expect(isNew).toBe(true);
  expect(signatures()).toBe(before + 1);
  const row = (await delegates()).at(-1);
  if (row === undefined) throw new Error('No delegate was stored');
  expect(row).toMatchObject({ kid, rootKid: 'root-1' });

  const signer = createDelegateSigner({
    kid,
    privateKey: openDelegate(deps.signing.sealKeys, row),
  });
  const token = await makeLeaseToken(signer, givenLeaseClaims(now()));
  const demand = { roots: await world.roots(), revoked: nothingRevoked, at: now() };
  const chain = { certificate: row.certificate, token };
  const check = await verifyChain(chain, { ...demand, audience: 'cad', format: leaseFormat });
  expect(check).toMatchObject({ isGood: true, claims: { iss: 'https://licenses.example.com' } });

  expect((await audited()).at(-1)).toMatchObject({
    subjectId: 'root-1',
    tenantId: null,
    detail: {
      typ: 'lic-delegate+jwt',
      kmsVersion: server.versionName(),
      delegate: { kid, signUntil: row.signUntil.getTime() / 1_000 },
    },
  });
});

test('asks KMS for nothing while the newest delegate is young, however often it is called', async () => {
  const { kid } = await renewDelegate(deps);
  const before = signatures();
  for (let call = 0; call < 5; call += 1) {
    expect(await renewDelegate(deps)).toEqual({ kid, isNew: false });
  }
  expect(await renewDelegate(deps, { at: now() + 10 * hour })).toEqual({ kid, isNew: false });
  expect(signatures()).toBe(before);
});

test('makes the next one while half the life of the last is left, with a higher number', async () => {
  const { kid } = await renewDelegate(deps);
  const next = await renewDelegate(deps, { at: now() + 12 * hour });
  expect(next).toMatchObject({ isNew: true });
  const [last, newest] = (await delegates()).slice(-2);
  expect([last?.kid, newest?.kid]).toEqual([kid, next.kid]);
  expect(newest?.seq).toBeGreaterThan(last?.seq ?? 0);
  // Both may sign meanwhile.
  expect(last?.signUntil.getTime()).toBeGreaterThan(newest?.createdAt.getTime() ?? 0);
});

test('makes one delegate when many processes ask at once', async () => {
  const before = [signatures(), (await delegates()).length] as const;
  const renewals = await Promise.all(Array.from({ length: 8 }, () => renewDelegate(deps)));
  expect(renewals.filter(({ isNew }) => isNew)).toHaveLength(1);
  expect(new Set(renewals.map(({ kid }) => kid)).size).toBe(1);
  expect(signatures()).toBe(before[0] + 1);
  expect(await delegates()).toHaveLength(before[1] + 1);
});

test('stores nothing when it dies between the signature and the store, and the next one succeeds', async () => {
  const before = [(await delegates()).length, (await audited()).length];
  const reached = () => {
    throw new Error('The process died here');
  };
  await expect(renewDelegate({ ...deps, reached })).rejects.toThrow('died here');
  expect([(await delegates()).length, (await audited()).length]).toEqual(before);
  expect(await renewDelegate(deps)).toMatchObject({ isNew: true });
  expect(await audited()).toHaveLength((before[1] ?? 0) + 1);
});

test('spends fewer than fifty calls of KMS in a day of hourly looks by three processes', async () => {
  await renewDelegate(deps);
  const methods = ['asymmetricSign', 'getPublicKey', 'listCryptoKeyVersions'];
  const calls = () => methods.reduce((sum, method) => sum + server.calls(method), 0);
  const [before, start] = [calls(), now()];
  const renewed: boolean[] = [];
  for (let passed = 1; passed <= 24; passed += 1) {
    const looks = Array.from({ length: 3 }, () =>
      renewDelegate(deps, { at: start + passed * hour }),
    );
    renewed.push((await Promise.all(looks)).some(({ isNew }) => isNew));
  }
  expect(renewed.filter((isNew) => isNew)).toHaveLength(2);
  expect(calls() - before).toBeLessThan(10);
});

test('takes no version into use by itself where the only root was revoked: which comes next is decided elsewhere', async () => {
  await renewDelegate(deps);
  const { kid } = await deps.systemDb
    .selectFrom('rootKeys')
    .select('kid')
    .where('state', '=', 'active')
    .executeTakeFirstOrThrow();
  const change = (set: object) =>
    deps.systemDb.updateTable('rootKeys').set(set).where('kid', '=', kid).execute();
  await change({ state: 'revoked', revokedAt: new Date() });
  await expect(renewDelegate(deps, { isForced: true })).rejects.toThrow('The root was revoked');
  const states = await deps.systemDb.selectFrom('rootKeys').select('state').execute();
  expect(states).toEqual([{ state: 'revoked' }]);
  await change({ state: 'active', revokedAt: null });
});

test('makes one now where the newest is of the future, by a clock that was ahead', async () => {
  const ahead = await renewDelegate(deps, { at: now() + 9 * hour });
  const next = await renewDelegate(deps);
  expect(next).toMatchObject({ isNew: true });
  expect(next.kid).not.toBe(ahead.kid);
  const [first, second] = (await delegates()).slice(-2);
  expect([first?.kid, second?.kid]).toEqual([ahead.kid, next.kid]);
  expect(await renewDelegate(deps)).toEqual({ kid: next.kid, isNew: false });
});

test('erases private keys a day after they might sign, and those of revoked delegates', async () => {
  const start = now();
  const [old, recent] = [
    await renewDelegate(deps, { at: start - 49 * hour }),
    await renewDelegate(deps, { at: start - 47 * hour, isForced: true }),
  ];
  const revoked = await renewDelegate(deps, { at: start - hour, isForced: true });
  const change = { revokedAt: new Date(), revokedWhy: 'Test' };
  await systemDb.updateTable('delegates').set(change).where('kid', '=', revoked.kid).execute();
  const present = await renewDelegate(deps);
  const kept = (await delegates()).filter(({ sealedKey }) => sealedKey.length > 0);
  expect(kept.map(({ kid }) => kid)).toEqual([recent.kid, present.kid]);
  expect((await delegates()).map(({ kid }) => kid)).toContain(old.kid);
});

describe('while KMS', () => {
  test('is away it fails in a way that may be tried again, and stores nothing', async () => {
    const before = (await delegates()).length;
    server.faults.set({ status: 'UNAVAILABLE' });
    await expect(renewDelegate(deps)).rejects.toThrow(LicensingError);
    server.faults.set({});
    expect(await delegates()).toHaveLength(before);
    expect(await renewDelegate(deps)).toMatchObject({ isNew: true });
  });

  test('has another key than the one that clients know, it signs nothing', async () => {
    const kms = { ...deps.kms, publicKey: async () => deps.kms.publicKey(server.versionName(2)) };
    server.store.create();
    await server.store.generated();
    const before = signatures();
    await expect(renewDelegate({ ...deps, kms })).rejects.toThrow(KmsFault);
    expect(signatures()).toBe(before);
  });
});

test('logs and audits nothing of a private key', async () => {
  await renewDelegate(deps);
  const row = (await delegates()).at(-1);
  if (row === undefined) throw new Error('No delegate was stored');
  const { d = '' } = openDelegate(deps.signing.sealKeys, row).export({ format: 'jwk' });
  expect(d).toHaveLength(43);
  const [secret] = deps.signing.sealKeys;
  const written = world.log() + JSON.stringify(await audited()) + JSON.stringify(row.publicKey);
  expect(written).toContain('A delegate was certified');
  for (const text of [d, secret?.secret.export().toString('base64url') ?? '']) {
    expect(written).not.toContain(text);
  }
});
