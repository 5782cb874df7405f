/**
 * Interleavings that a fleet meets by luck only, made by hand, each for the mistake that it is named
 * after. A server without it keeps its promises in the story; what the callers of one with it hear
 * breaks one, and the checker must say so.
 */
import { sql } from 'kysely';
import type { ApiDeps } from '../../api/deps.ts';
import { poolKeys } from '../../lua/keys.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { monotonicMs } from './history.ts';
import { moment, type Stage } from './stage.ts';

type Story = (stage: Stage) => Promise<void>;

export const stories: Readonly<Record<string, Story>> = {
  /** The pool is rebuilt, and its seat given to another, between a grant and its record. */
  'skip-epoch-check': async (stage) => {
    const { deps, license, store, take } = stage;
    await restorePool(deps, license);
    const late = onceAfter(deps, 'acquireSeat', async () => {
      await store.flushall();
      await restorePool(deps, license);
      await take('other');
    });
    await take('i', { by: late });
  },
  /** Somebody takes a seat at the very moment that it is free in Redis. */
  'free-before-ledger': async ({ deps, take, release }) => {
    const session = await take('i');
    const watched = onceAfter(deps, 'releaseSeat', async ([, call]) => {
      if ((call as { mode: string }).mode !== 'free') return false;
      await take('other');
      await moment();
      return true;
    });
    await release(session, { by: watched });
  },
  /** An instance heard nothing of its seat, Redis has lost it, and it asks again. */
  'no-displaced-ends': async ({ deps, license, take }) => {
    let sessionId = '';
    const seen = onceAfter(deps, 'acquireSeat', (_, reply) => {
      sessionId = (reply as { sessionId?: string }).sessionId ?? '';
      return Promise.resolve(sessionId !== '');
    });
    await take('i', { by: seen, isHeard: false });
    const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
    await deps.seats.releaseSeat(license, { sessionId, instanceKey: 'i', ...rest });
    await take('i');
  },
  /** A caller hears nothing, asks again, gives back, and has its next seat when the first call goes on. */
  'end-what-came-after': async ({ deps, license, take, release, look }) => {
    await restorePool(deps, license);
    let next = '';
    const late = onceAfter(deps, 'acquireSeat', async () => {
      await release(await take('i'));
      next = await take('i');
    });
    await take('i', { by: late, isHeard: false });
    await look(next);
  },
  /** A holder asks again for the seat that it has, and the license changes before that is recorded. */
  'undo-anything': async ({ deps, license, take }) => {
    await take('i');
    await take('i', { by: onceAfter(deps, 'acquireSeat', () => raiseVersion(deps, license)) });
  },
  /** A holder asks twice at a time; the first request cannot be recorded, the second was. */
  'undo-moved': async ({ deps, license, take }) => {
    await restorePool(deps, license);
    const late = onceAfter(deps, 'acquireSeat', async () => {
      await moment();
      await take('i');
      await raiseVersion(deps, license);
    });
    await take('i', { by: late });
  },
  /** The end of a session is confirmed once more after its instance has another. */
  'free-whatever': async ({ deps, license, take, release, beat }) => {
    const sessionId = await take('i');
    await release(sessionId);
    const next = await take('i');
    const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
    await deps.seats.releaseSeat(license, { sessionId, instanceKey: 'i', ...rest });
    await beat(next);
  },
  /** One has gone home with its right, and its seat is free. */
  'forget-who-is-offline': async ({ take, release }) => {
    await release(await take('i'));
    await take('other');
  },
  /** The same, and Redis has lost all that it knew. */
  'restore-without-rights': async ({ deps, license, store, take, release }) => {
    await release(await take('i'));
    await store.flushall();
    await restorePool(deps, license);
    await take('other');
  },
  /** One has gone home with its right, and a machine asks for a license file. */
  'take-out-past-rights': async ({ take, release, travel }) => {
    await release(await take('i'));
    await travel('laptop');
  },
  /** A seat is sold and taken back, and Redis did not hear of the last of it, when an online-only session beats. */
  'gain-under-any-license': async ({ deps, take, release, beat, sell }) => {
    await release(await take('i'));
    const online = await take('other');
    await sell(2);
    const configurePool = () => Promise.reject(new Error('Redis is away'));
    await sell(1, { by: { ...deps, seats: { ...deps.seats, configurePool } } });
    await moment();
    await beat(online);
  },
  /** A beat comes after the lease, before anybody else came. */
  'purge-in-heartbeat': async ({ store, license, take, beat }) => {
    const session = await take('i', { leaseUntil: monotonicMs });
    const [, seats = ''] = poolKeys(license);
    await store.zadd(seats, 'XX', 1, 'i');
    await moment();
    await beat(session);
  },
};

async function raiseVersion({ systemDb }: ApiDeps, { licenseId }: { licenseId: string }) {
  await sql`update pools set config_version = config_version + 1 where license_id = ${licenseId}`.execute(
    systemDb,
  );
}

/** Does something right after a script has run, once: for the first call, or until it says true. */
function onceAfter(
  deps: ApiDeps,
  name: 'acquireSeat' | 'releaseSeat',
  act: (call: readonly unknown[], reply: unknown) => Promise<unknown>,
): ApiDeps {
  let isDone = false;
  const script = Reflect.get(deps.seats, name) as (...call: unknown[]) => Promise<unknown>;
  const watched = async (...call: unknown[]) => {
    const reply = await script(...call);
    if (!isDone) {
      isDone = true;
      isDone = (await act(call, reply)) !== false;
    }
    return reply;
  };
  return { ...deps, seats: { ...deps.seats, [name]: watched } };
}
