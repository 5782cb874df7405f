/**
 * Interleavings that a fleet meets by luck only, made by hand: `node test/faults/directed.ts NAME` prints
 * the promises that were broken, as JSON. Stores are given by the environment of an API. A test runs it
 * with and without a mistake in the sources.
 */
import { sql } from 'kysely';
import { startApi } from '../../api/server.ts';
import { poolKeys } from '../../lua/keys.ts';
import { connectRedis } from '../../platform/redis.ts';
import { loadConfig } from '../../platform/config.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import type { Deps } from '../../services/deps.ts';
import { loadSession } from '../../services/load-session.ts';
import { releaseSession } from '../../services/release-session.ts';
import { renewSession } from '../../services/renew-session.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { sellLicense, type SoldLicense } from './shop.ts';

const config = loadConfig();
const api = await startApi(config);
const { deps } = api;
const store = connectRedis({ url: config.REDIS_URL, name: 'directed', onError: () => undefined });
const limit = 1;

/** Broken promises, each in a word; none when all is well. */
type Story = (license: SoldLicense) => Promise<string[]>;

const stories: Record<string, Story> = {
  /** The pool is rebuilt, and its seat given to another, between a grant and its record. */
  'skip-epoch-check': async (license) => {
    await restorePool(deps, license);
    const late = onceAfter('acquireSeat', async () => {
      await store.flushall();
      await restorePool(deps, license);
      await take(deps, license, 'other');
    });
    await take(late, license, 'i');
    return beyondLimit(license);
  },
  /** Somebody takes a seat at the very moment that it is free in Redis. */
  'free-before-ledger': async (license) => {
    const session = await take(deps, license, 'i');
    let broken: string[] = [];
    const watched = onceAfter('releaseSeat', async ([, call]) => {
      if ((call as { mode: string }).mode !== 'free') return false;
      await take(deps, license, 'other');
      broken = await beyondLimit(license);
      return true;
    });
    await releaseSession(watched, claimsOf(license, session));
    return broken;
  },
  /** Redis has lost one session, and its instance begins another. */
  'no-displaced-ends': async (license) => {
    const sessionId = (await take(deps, license, 'i')) ?? '';
    const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
    await deps.seats.releaseSeat(license, { sessionId, instanceKey: 'i', ...rest });
    const next = await take(deps, license, 'i').catch(() => null);
    return next === null ? ['a free seat is not to be had'] : beyondLimit(license);
  },
  /** A caller hears nothing, asks again, gives back, and has its next seat when the first call goes on. */
  'end-what-came-after': async (license) => {
    await restorePool(deps, license);
    let next: string | null = null;
    const late = onceAfter('acquireSeat', async () => {
      const first = await take(deps, license, 'i');
      await releaseSession(deps, claimsOf(license, first));
      next = await take(deps, license, 'i');
    });
    await take(late, license, 'i');
    const row = await loadSession(deps, claimsOf(license, next));
    return row?.endReason === null ? [] : ['a seat that was told is ended by an older request'];
  },
  /** A holder asks again for the seat that it has, and the license changes before that is recorded. */
  'undo-anything': async (license) => {
    const session = await take(deps, license, 'i');
    const late = onceAfter('acquireSeat', async () => {
      await sql`update pools set config_version = config_version + 1 where license_id = ${license.licenseId}`.execute(
        deps.systemDb,
      );
    });
    const again = await take(late, license, 'i').catch(() => null);
    return again === session ? [] : ['a seat that was held is lost'];
  },
  /** A beat comes after the lease, before anybody else came. */
  'purge-in-heartbeat': async (license) => {
    const session = await take(deps, license, 'i');
    const [, seats = ''] = poolKeys(license);
    await store.zadd(seats, 'XX', 1, 'i');
    const { word } = await renewSession(deps, claimsOf(license, session));
    return word === 'RENEWED' ? [] : ['a beat took the seat that nobody else wanted'];
  },
};

async function take(from: Deps, license: SoldLicense, instanceKey: string): Promise<string | null> {
  const outcome = await acquireSession(from, {
    ...{ ...license, instanceKey, holderId: 'main', wait: false, usageType: 'builder' },
    ...{ version: '1', device: { fingerprint: instanceKey }, metadata: {} },
  });
  return outcome.kind === 'session' ? outcome.tenure.sessionId : null;
}

function claimsOf(license: SoldLicense, sessionId: string | null) {
  return { ...license, sessionId: sessionId ?? '', instanceKey: 'i', holderId: 'main' };
}

/** I1 by the ledger: what is restored from it, and who is told of a seat. */
async function beyondLimit({ licenseId }: SoldLicense): Promise<string[]> {
  const rows = await deps.systemDb
    .selectFrom('sessions')
    .select('id')
    .where('licenseId', '=', licenseId)
    .where('status', '=', 'active')
    .execute();
  return rows.length > limit ? ['more seats are recorded than there are'] : [];
}

/** Does something right after a script has run, once: for the first call, or until it says true. */
function onceAfter(
  name: 'acquireSeat' | 'releaseSeat',
  act: (call: readonly unknown[]) => Promise<unknown>,
): Deps & typeof deps {
  let isDone = false;
  const script = Reflect.get(deps.seats, name) as (...call: unknown[]) => Promise<unknown>;
  const watched = async (...call: unknown[]) => {
    const reply = await script(...call);
    if (!isDone) {
      isDone = true;
      isDone = (await act(call)) !== false;
    }
    return reply;
  };
  return { ...deps, seats: { ...deps.seats, [name]: watched } };
}

const story = stories[process.argv[2] ?? ''];
if (story === undefined) throw new Error(`There is no story ${process.argv[2] ?? ''}`);
const broken = await story(await sellLicense(deps, limit));
console.log(JSON.stringify(broken));
process.exit(0);
