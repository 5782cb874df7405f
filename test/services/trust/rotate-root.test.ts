import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { listRootLists, listRoots } from '../../../data/roots.ts';
import { takeRotationStep } from '../../../services/rotate-root.ts';
import { listSigningDelegates } from '../../../data/signing-keys.ts';
import { newId } from '../../../platform/ids.ts';
import { revokeKey } from '../../../services/revocations.ts';
import { rotationPoints } from '../../support/signing-points.ts';
import { openTrustWorld, type TrustWorld } from '../../support/trust-world.ts';

const context = {
  caller: { actor: { kind: 'system', id: 'test' } },
  requestId: newId('req'),
} as const;

const statesOf = async ({ deps }: TrustWorld) =>
  (await listRoots(deps.db)).map(({ kid, state }) => `${kid} ${state}`);

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
