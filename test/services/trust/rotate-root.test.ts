import { decodeJwt } from 'jose';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../data/database.ts';
import { listRootLists, listRoots } from '../../../data/roots.ts';
import { takeRotationStep } from '../../../services/rotate-root.ts';
import { listSigningDelegates } from '../../../data/signing-keys.ts';
import { newId } from '../../../platform/ids.ts';
import { revokeKey } from '../../../services/revocations.ts';
import { eventually } from '../../support/eventually.ts';
import { rotationPoints } from '../../support/signing-points.ts';
import { openTrustWorld, type TrustWorld } from '../../support/trust-world.ts';

const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;

const statesOf = async ({ deps }: TrustWorld) =>
  (await listRoots(deps.db)).map(({ kid, state }) => `${kid} ${state}`);

async function isAwaited(db: Database): Promise<boolean> {
  const { rows } = await sql`select from pg_stat_activity
    where datname = current_database() and wait_event = 'advisory'`.execute(db);
  return rows.length > 0;
}

const certifierOf = async ({ deps }: TrustWorld) =>
  (await listSigningDelegates(deps.db, new Date()))[0]?.rootKid;

async function signaturesOf({ deps }: TrustWorld): Promise<string[]> {
  const rows = await deps.systemDb
    .selectFrom('auditLog')
    .select(['subjectId', 'detail'])
    .where('action', '=', 'kms.signed')
    .orderBy('id')
    .execute();
  return rows.map(({ subjectId, detail }) => `${subjectId} ${(detail as { typ: string }).typ}`);
}

describe('a deployment', async () => {
  const world = await openTrustWorld();
  const { kms, deps } = world;

  test('gets its next root at once, in a list that the present one signs, and then rests', async () => {
    expect(await world.settle()).toEqual(['list', 'create', 'publish', 'list']);
    expect(await world.settle()).toEqual([]);
    expect(await statesOf(world)).toEqual(['root-1 active', 'root-2 published']);
    const lists = await listRootLists(deps.db, 10);
    expect(lists.map(({ rootKid, kids }) => [rootKid, kids])).toEqual([
      ['root-1', ['root-1']],
      ['root-1', ['root-1', 'root-2']],
    ]);
  });

  test('a quarter later signs with it, certifies its delegate anew, and has the one after made', async () => {
    await world.passDays(89.5);
    expect(await world.settle()).toEqual(['certify']);
    expect(await certifierOf(world)).toBe('root-1');
    await world.passDays(0.5);
    const steps = ['activate', 'certify', 'create', 'publish', 'list'];
    expect(await world.settle()).toEqual(steps);
    expect(await statesOf(world)).toEqual(['root-1 retired', 'root-2 active', 'root-3 published']);
    expect(await certifierOf(world)).toBe('root-2');
    const newest = (await listRootLists(deps.db, 1))[0];
    expect(newest).toMatchObject({ rootKid: 'root-2', kids: ['root-1', 'root-2', 'root-3'] });
    const { keys } = decodeJwt<{ keys: { not_before: number }[] }>(newest?.token ?? '');
    const uses = keys.map(({ not_before: at }) => Math.round((Date.now() / 1_000 - at) / 86_400));
    expect(uses).toEqual([90, 0, -90]);
  });

  test('has in its audit log when a root was published, and when it began to sign', async () => {
    const rows = await deps.systemDb
      .selectFrom('auditLog')
      .select(['action', 'subjectId', 'actorId', 'tenantId'])
      .where('action', 'like', 'root.%')
      .orderBy('id')
      .execute();
    expect(rows.map(({ action, subjectId }) => [action, subjectId])).toEqual([
      ['root.publish', 'root-2'],
      ['root.activate', 'root-2'],
      ['root.publish', 'root-3'],
    ]);
    for (const row of rows) expect(row).toMatchObject({ actorId: 'signing', tenantId: null });
  });

  test('has each signature of KMS in its audit log', async () => {
    const signatures = await signaturesOf(world);
    expect(signatures).toHaveLength(kms.calls('asymmetricSign'));
    expect(signatures.slice(0, 3)).toEqual([
      ...['root-1 lic-delegate+jwt', 'root-1 lic-roots+jwt', 'root-1 lic-roots+jwt'],
    ]);
  });

  test('waits while KMS makes a key, and goes on when it is there', async () => {
    kms.faults.set({ holdGeneration: true });
    await world.passDays(91);
    await expect(world.settle()).rejects.toThrow(/activate,certify,create,wait,wait/);
    kms.faults.set({});
    await kms.store.generated();
    expect(await world.settle()).toEqual(['publish', 'list']);
    expect(await statesOf(world)).toContain('root-4 published');
  });
});

describe('a step that is taken twice changes nothing', async () => {
  const world = await openTrustWorld();
  await world.settle();

  test.each([
    { step: 'create' } as const,
    { step: 'publish', version: 2 } as const,
    { step: 'list' } as const,
    { step: 'activate', kid: 'root-2' } as const,
    { step: 'certify' } as const,
  ])('$step', async (step) => {
    await takeRotationStep(world.deps, step);
    const before = [
      await statesOf(world),
      await signaturesOf(world),
      world.kms.store.list().length,
    ];
    await takeRotationStep(world.deps, step);
    const after = [await statesOf(world), await signaturesOf(world), world.kms.store.list().length];
    expect(after).toEqual(before);
  });
});

test('one version is made when many ask for it at once', async () => {
  const { deps, kms, database } = await openTrustWorld();
  const admin = openDatabase({ url: database.adminUrl, poolSize: 1, onError: () => undefined });
  let asked = 0;
  // Whoever has seen that there is none makes it only when another one has looked, or waits for it.
  const listVersions = async () => {
    asked += 1;
    const versions = await deps.kms.listVersions();
    await eventually(async () => asked > 1 || (await isAwaited(admin)));
    return versions;
  };
  const slow = { ...deps, kms: { ...deps.kms, listVersions } };
  const ask = () => takeRotationStep(slow, { step: 'create' });
  await Promise.all(Array.from({ length: 8 }, ask));
  await admin.destroy();
  expect(kms.store.list()).toHaveLength(2);
});

test('a root that was revoked is in no list that is signed after that', async () => {
  const world = await openTrustWorld();
  await world.settle();
  await world.passDays(90);
  await world.settle();
  await revokeKey(world.deps, context, { kid: 'root-1', reason: 'Test' });
  await world.passDays(91);
  expect((await world.settle()).at(-1)).toBe('list');
  expect(await statesOf(world)).toContain('root-1 revoked');
  const [newest] = await listRootLists(world.deps.db, 1);
  const named = ['root-2', 'root-3', 'root-4'];
  expect(newest).toMatchObject({ rootKid: 'root-3', kids: named });
  const { keys } = decodeJwt<{ keys: { kid: string }[] }>(newest?.token ?? '');
  expect(keys.map(({ kid }) => kid)).toEqual(named);
});

test('certifies nothing when the root was revoked meanwhile and an older one has a delegate', async () => {
  const world = await openTrustWorld();
  await world.settle();
  await world.passDays(90);
  // Root 1 certifies once more before it is followed.
  expect((await world.settle()).slice(0, 3)).toEqual(['certify', 'activate', 'certify']);
  await revokeKey(world.deps, context, { kid: 'root-2', reason: 'Test' });
  expect(await certifierOf(world)).toBe('root-1');
  const calls = world.kms.calls('asymmetricSign');
  await takeRotationStep(world.deps, { step: 'certify' });
  expect(world.kms.calls('asymmetricSign')).toBe(calls);
  expect(await certifierOf(world)).toBe('root-1');
});

describe('a rotation goes on after the process died', () => {
  test.each(rotationPoints)('at %s', async (point) => {
    const world = await openTrustWorld();
    await world.settle();
    await world.passDays(90);
    world.dieAt(point);
    await expect(world.settle()).rejects.toThrow(`Died at ${point}`);
    await world.settle();
    expect(await statesOf(world)).toEqual(['root-1 retired', 'root-2 active', 'root-3 published']);
    expect(await certifierOf(world)).toBe('root-2');
    expect(world.kms.store.list()).toHaveLength(3);
    expect((await listRootLists(world.deps.db, 1))[0]).toMatchObject({
      ...{ rootKid: 'root-2', kids: ['root-1', 'root-2', 'root-3'] },
    });
  });
});
