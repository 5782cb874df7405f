import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  nextRotationStep,
  overlapMs,
  revocationSigner,
  rotateAfterMs,
  type RootFacts,
  type RootState,
  type RotationFacts,
  type RotationStep,
} from '../../domain/root-rotation.ts';

const now = 1_800_000_000_000;

function root(version: number, state: RootState, changed: Partial<RootFacts> = {}): RootFacts {
  const activeAt = state === 'published' ? null : now;
  return { kid: `root-${version}`, version, state, activeAt, listedAt: now, ...changed };
}

const enabled = (...versions: number[]) =>
  versions.map((version) => ({ version, state: 'ENABLED' }));

const settled: RotationFacts = {
  roots: [root(1, 'active'), root(2, 'published')],
  versions: enabled(1, 2),
  certifiedBy: 'root-1',
};

const step = (changed: Partial<RotationFacts>, at = now) =>
  nextRotationStep({ ...settled, ...changed }, at);

describe('behind the first root', () => {
  const roots = [root(1, 'active', { listedAt: null })];
  const alone = { roots, versions: enabled(1) };

  test('a next one is made, published and listed at once, and only then there is rest', () => {
    expect(step(alone)).toEqual({ step: 'list' });
    const listed = { ...alone, roots: [root(1, 'active')] };
    expect(step(listed)).toEqual({ step: 'create' });
    const pending = { version: 2, state: 'PENDING_GENERATION' };
    expect(step({ ...listed, versions: [...enabled(1), pending] })).toEqual({ step: 'wait' });
    expect(step({ ...listed, versions: enabled(1, 2) })).toEqual({ step: 'publish', version: 2 });
    const published = root(2, 'published', { listedAt: null });
    expect(step({ roots: [root(1, 'active'), published] })).toEqual({ step: 'list' });
    expect(step({})).toEqual({ step: 'rest', until: now + rotateAfterMs });
  });

  test('another one is made when KMS could not make it', () => {
    const failed = { version: 2, state: 'GENERATION_FAILED' };
    const roots = [root(1, 'active')];
    expect(step({ roots, versions: [...enabled(1), failed] })).toEqual({ step: 'create' });
    const versions = [...enabled(1), failed, ...enabled(3)];
    expect(step({ roots, versions })).toEqual({ step: 'publish', version: 3 });
  });
});

describe('the next root becomes active', () => {
  const activate = { step: 'activate', kid: 'root-2' };

  test('a quarter after the present one did, and not a moment before', () => {
    expect(step({}, now + rotateAfterMs - 1)).toMatchObject({ step: 'rest' });
    expect(step({}, now + rotateAfterMs)).toEqual(activate);
  });

  test('not before clients had the longest grace and a day to learn of it', () => {
    const listedAt = now + rotateAfterMs;
    const late = { roots: [root(1, 'active'), root(2, 'published', { listedAt })] };
    expect(step(late, listedAt + overlapMs - 1)).toMatchObject({ step: 'rest' });
    expect(step(late, listedAt + overlapMs)).toEqual(activate);
    expect(overlapMs).toBe((168 + 24) * 3_600_000);
  });

  test.each([
    ['is revoked', { roots: [root(1, 'revoked'), root(2, 'published')] }],
    [
      'is revoked before a list named the next one',
      { roots: [root(1, 'revoked'), root(2, 'published', { listedAt: null })] },
    ],
    ['is disabled in KMS', { versions: [{ version: 1, state: 'DISABLED' }, ...enabled(2)] }],
    ['is no more in KMS', { versions: enabled(2) }],
  ])('at once when the present one %s', (_what, changed) => {
    expect(step(changed)).toEqual(activate);
  });

  test('never while KMS would not sign with it', () => {
    const versions = [...enabled(1), { version: 2, state: 'DISABLED' }];
    expect(step({ versions }, now + rotateAfterMs)).toEqual({ step: 'create' });
  });

  test('never when a newer one was active already', () => {
    const roots = [root(1, 'retired'), root(2, 'published'), root(3, 'active')];
    const facts = { roots, versions: enabled(1, 2, 3), certifiedBy: 'root-3' };
    expect(step(facts, now + rotateAfterMs)).toEqual({ step: 'create' });
  });

  test('and certifies the delegate anew, before anything else is done', () => {
    const roots = [root(1, 'retired'), root(2, 'active', { listedAt: null })];
    expect(step({ roots })).toEqual({ step: 'certify' });
    expect(step({ roots, certifiedBy: null })).toEqual({ step: 'certify' });
    expect(step({ roots, certifiedBy: 'root-2' })).toEqual({ step: 'list' });
  });
});

test('without a root that KMS signs with the next one is made first', () => {
  expect(step({ roots: [root(1, 'revoked')], versions: enabled(1) })).toEqual({ step: 'create' });
});

/** What carrying out a step changes in the facts, or would, had it not been interrupted. */
function carryOut(facts: RotationFacts, { step, ...about }: RotationStep, at: number) {
  const { roots, versions } = facts;
  const change = (wanted: (one: RootFacts) => boolean, changed: Partial<RootFacts>) =>
    roots.map((one) => (wanted(one) ? { ...one, ...changed } : one));
  switch (step) {
    case 'create':
      return {
        ...facts,
        versions: [...versions, { version: versions.length + 1, state: 'PENDING_GENERATION' }],
      };
    case 'wait':
      return {
        ...facts,
        versions: versions.map((one) =>
          one.state === 'PENDING_GENERATION' ? { ...one, state: 'ENABLED' } : one,
        ),
      };
    case 'publish': {
      const { version } = about as { version: number };
      return { ...facts, roots: [...roots, root(version, 'published', { listedAt: null })] };
    }
    case 'list':
      return { ...facts, roots: change(({ listedAt }) => listedAt === null, { listedAt: at }) };
    case 'certify':
      return { ...facts, certifiedBy: roots.find(({ state }) => state === 'active')?.kid ?? null };
    case 'activate': {
      const { kid } = about as { kid: string };
      const retired = change(({ state }) => state === 'active', { state: 'retired' });
      return {
        ...facts,
        roots: retired.map((one) =>
          one.kid === kid ? { ...one, state: 'active' as const, activeAt: at } : one,
        ),
      };
    }
    case 'rest':
      return facts;
  }
}

test('comes to rest with one active root, a listed next one and a fresh certificate, whatever happens to keys', () => {
  const happening = fc.constantFrom('a day', 'a quarter', 'revoked', 'disabled', 'next revoked');
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 12 }), (happenings) => {
      let facts: RotationFacts = {
        roots: [root(1, 'active', { listedAt: null })],
        versions: enabled(1),
        certifiedBy: null,
      };
      let at = now;
      const settle = () => {
        for (let taken = 0; taken < 12; taken += 1) {
          const todo = nextRotationStep(facts, at);
          if (todo.step === 'rest') return;
          facts = carryOut(facts, todo, at);
        }
        throw new Error('It does not come to rest');
      };
      for (const happened of ['a day', ...happenings]) {
        const hit: RootState = happened === 'next revoked' ? 'published' : 'active';
        const target = facts.roots.find(({ state }) => state === hit);
        if (happened === 'a day') at += 86_400_000;
        else if (happened === 'a quarter') at += rotateAfterMs;
        else if (happened === 'disabled')
          facts = {
            ...facts,
            versions: facts.versions.map((one) =>
              one.version === target?.version ? { ...one, state: 'DISABLED' } : one,
            ),
          };
        else
          facts = {
            ...facts,
            roots: facts.roots.map((one) => (one === target ? { ...one, state: 'revoked' } : one)),
          };
        settle();
        const active = facts.roots.filter(({ state }) => state === 'active');
        expect(active).toHaveLength(1);
        expect(facts.certifiedBy).toBe(active[0]?.kid);
        expect(facts.roots.filter(({ state }) => state === 'published')).not.toHaveLength(0);
        expect(revocationSigner(facts.roots)).not.toBeNull();
      }
    }),
  );
});

test.each<[RootState[], number | null]>([
  [['active'], 0],
  [['active', 'published'], 0],
  [['retired', 'active', 'published'], 1],
  [['revoked', 'published'], 1],
  [['revoked', 'active', 'published'], 1],
  [['active', 'revoked', 'published'], 2],
  [['active', 'revoked'], null],
  [['revoked'], null],
  [[], null],
])('of %j the one that may sign what revokes the revoked is number %j', (states, index) => {
  const roots = states.map((state, at) => root(at, state));
  expect(revocationSigner(roots)).toEqual(index === null ? null : roots[index]);
});
