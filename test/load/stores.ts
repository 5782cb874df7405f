/** A look into the stores from outside, for what the API does not tell, and rows for what would take long. */
import { Redis } from 'ioredis';
import pg from 'pg';
import type { PoolRef } from '../../domain/seat.ts';
import { poolKeys } from '../../lua/keys.ts';
import { makeSessionCredential } from '../../signing/session-credential.ts';
import { createSecretKey } from 'node:crypto';
import { createSeatScripts } from '../../lua/scripts.ts';
import type { HeldSession } from './generator/jobs.ts';
import type { BenchLicense } from './licenses.ts';
import type { World } from './world.ts';

export type Stores = ReturnType<typeof openStores>;

export function openStores({ urls, postgres, redis: { url }, secret }: World) {
  const db = new pg.Pool({ connectionString: urls.system, max: 2 });
  const redis = new Redis(url);
  const seats = createSeatScripts(redis);
  const keys = [{ kid: 'k1', secret: createSecretKey(secret, 'base64url') }];
  const count = async (text: string, values: unknown[] = []) => {
    const { rows } = await db.query<{ count: string }>(text, values);
    return Number(rows[0]?.count ?? NaN);
  };
  // What Postgres does by itself within a minute: plans of tables that were small are made anew. Only their
  // owner may ask for it.
  const analyze = async () => {
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query('analyze');
    await owner.end();
  };
  const held = (pool: PoolRef, n: number): HeldSession => {
    const [id, instanceKey] = [`${sessionPrefix(pool)}${String(n).padStart(8, '0')}`, `i${n}`];
    const { tenantId, licenseId } = pool;
    const holder = { holderId: 'default', product: 'bench' };
    const claims = { tenantId, licenseId, sessionId: id, instanceKey, ...holder };
    return { id, instanceKey, credential: makeSessionCredential(keys, claims) };
  };
  return {
    flushRedis: () => redis.flushall(),
    redisMemory: async () => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]),
    unsentMessages: () =>
      count('select count(*) from outbox where sent_at is null and dead_at is null'),
    openRows: ({ licenseId }: PoolRef) =>
      count('select count(*) from sessions where license_id = $1 and ended_at is null', [
        licenseId,
      ]),
    /** Seats whose lease is not over. */
    async liveSeats(pool: PoolRef): Promise<number> {
      const [seconds] = await redis.time();
      return redis.zcount(poolKeys(pool)[1] ?? '', Number(seconds) * 1_000, '+inf');
    },
    /** Rows of that many instances holding seats, in the ledger alone: as after a loss of Redis. */
    async insertSessions(pool: PoolRef, wanted: number): Promise<HeldSession[]> {
      await db.query(
        `insert into sessions (id, tenant_id, license_id, instance_key, status, usage_type, product,
           version, device, fence_epoch, fence_counter, granted_at, rights_ms)
         select $3 || lpad(n::text, 8, '0'), $1, $2, 'i' || n, 'active', 'builder', 'bench', '1',
           jsonb_build_object('fingerprint', 'd' || n), 1, n, now(), $5
         from generate_series(0, $4 - 1) n`,
        [pool.tenantId, pool.licenseId, sessionPrefix(pool), wanted, rightsMs],
      );
      await analyze();
      return Array.from({ length: wanted }, (_, n) => held(pool, n));
    },
    /** Copies of a license, each with a pool and one session, in both stores. */
    async insertPools(like: BenchLicense, wanted: number): Promise<[PoolRef, HeldSession][]> {
      const id = (n: number) => `lic_0${like.licenseId.slice(5, -8)}${String(n).padStart(8, '0')}`;
      const pools = Array.from({ length: wanted }, (_, n): PoolRef => {
        return { tenantId: like.tenantId, licenseId: id(n) };
      });
      const ids = pools.map(({ licenseId }) => licenseId);
      await db.query(
        `insert into licenses (id, tenant_id, product_id, plan_id, status, seats)
         select copy, tenant_id, product_id, plan_id, status, seats
         from licenses, unnest($2::text[]) copy where id = $1`,
        [like.licenseId, ids],
      );
      await db.query(
        'insert into pools (tenant_id, license_id, epoch) select $1, unnest($2::text[]), 1',
        [like.tenantId, ids],
      );
      await analyze();
      const sessions = pools.map((pool): [PoolRef, HeldSession] => [pool, held(pool, 0)]);
      for (const [pool, session] of sessions) {
        await seats.restorePool(pool, {
          ...{ epoch: 1, first: true, last: true, config: like.policyConfig, terms: '{}' },
          ...{ waiters: [], devices: [] },
          seats: [
            {
              ...{ sessionId: session.id, instanceKey: 'i0', fence: { epoch: 1, counter: 0 } },
              ...{ isShared: true, device: 'd0', keepsRights: true, rightsMs },
            },
          ],
        });
      }
      return sessions;
    },
    async close() {
      redis.disconnect();
      await db.end();
    },
  };
}

/** How long their rights last after a beat, so that no beat has any to gain. */
const rightsMs = 3_600_000;

/** What ids of inserted sessions begin with: valid, and of one pool. */
function sessionPrefix({ licenseId }: PoolRef): string {
  return `ses_${licenseId.slice(4, 22)}`;
}
