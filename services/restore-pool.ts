import { setTimeout as delay } from 'node:timers/promises';
import { lockPool, raiseEpoch, readPoolVersion } from '../data/pools.ts';
import {
  listLeftRights,
  listOpenSessions,
  type Device,
  type SessionRecord,
} from '../data/sessions.ts';
import { withTenant } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import type { RestorePool } from '../lua/scripts.ts';
import { poolConfigOfLicense, poolTermsOfLicense } from './pool-config.ts';
import { requireLicense } from './read-license.ts';
import { keepsRights, type PoolRef } from '../domain/seat.ts';
import type { Deps } from './deps.ts';

/** Restores at a time in one process: a wiped Redis must not turn into a stampede on Postgres. */
const restoresMax = 8;
/** Sessions that one call of the script loads. */
const chunkSize = 500;

const underWay = new Map<string, Promise<void>>();

/**
 * How long a process that was overtaken leaves the pool to the other one: longer than the largest restore
 * takes. If each began anew with the next beat, two would overtake each other for as long as beats come.
 */
const yieldMs = 10_000;
/** Pools that another process restores, and until when they are left to it. */
const yieldedUntil = new Map<string, number>();

/**
 * Rebuilds a pool in Redis from the ledger when Redis lost it, holds another dataset, or holds it as it
 * was under another epoch: a primary that was cut off while another was promoted, or a ledger that was
 * restored from a backup. One restore at
 * a time for a pool and process; who asks meanwhile joins it. Another process that restores later
 * overtakes this one by its higher epoch; then this one leaves the pool to it for a while.
 *
 * @throws LicensingError `restoring` when too many pools are being restored at this moment, or this one by
 * another process, `not_found`
 * when the ledger has no such license.
 */
export function restorePool(deps: Deps, pool: PoolRef): Promise<void> {
  const key = `${pool.tenantId}:${pool.licenseId}`;
  const present = underWay.get(key);
  if (present !== undefined) return present;
  const isYielded = (yieldedUntil.get(key) ?? 0) > Date.now();
  if (isYielded || underWay.size >= restoresMax) {
    return Promise.reject(
      new LicensingError('restoring', 'Pools are being restored. Try again in a few seconds.'),
    );
  }
  const restore = rebuild(deps, pool)
    .then((outcome) => {
      if (outcome === 'overtaken') yieldPool(key);
    })
    .finally(() => underWay.delete(key));
  underWay.set(key, restore);
  return restore;
}

function yieldPool(key: string): void {
  const now = Date.now();
  for (const [other, until] of yieldedUntil) if (until <= now) yieldedUntil.delete(other);
  yieldedUntil.set(key, now + yieldMs);
}

type Outcome = 'opened' | 'restored' | 'overtaken';

/** @returns what came of it; null when the pool was not lost. */
async function rebuild(deps: Deps, pool: PoolRef): Promise<Outcome | null> {
  try {
    const epoch = await raiseEpochUnlessBegun(deps, pool);
    if (epoch === null) return null;
    deps.reached('restore:epoch-raised');
    const outcome = await load(deps, pool, epoch);
    deps.metrics.poolRestores.inc({ outcome });
    deps.metrics.epochRaised(epoch);
    const level = outcome === 'restored' ? 'warn' : 'info';
    deps.log[level]({ ...pool, epoch, outcome }, 'Pool built from the ledger');
    return outcome;
  } catch (error) {
    deps.metrics.poolRestores.inc({ outcome: 'failed' });
    throw error;
  }
}

/**
 * A pool whose epoch rose a moment ago is most likely being loaded by whoever raised it. It is given that
 * long: to begin anew at once would undo grants that it has made since, and when many copies start on a
 * fresh license, turn some of them away. Who raised it may also be dead, so this does not wait for ever.
 */
async function raiseEpochUnlessBegun(deps: Deps, pool: PoolRef): Promise<number | null> {
  for (let look = 1; ; look += 1) {
    const epoch = await raiseEpochIfLost(deps, pool, { unlessBegun: look < looksMax });
    if (epoch !== 'begun') return epoch;
    await delay(lookAgainMs);
  }
}

const looksMax = 10;
const lookAgainMs = 25;

/**
 * Under the exclusive lock nobody is recording a tenure; once the epoch is raised no older grant can be
 * recorded. So what is read afterwards is all there is.
 */
async function raiseEpochIfLost(
  deps: Deps,
  pool: PoolRef,
  { unlessBegun }: { unlessBegun: boolean },
): Promise<number | null | 'begun'> {
  return withTenant(deps.db, pool.tenantId, async (tx) => {
    await lockPool(tx, pool, 'exclusive');
    const reply = await deps.seats.lapseLeases(pool, { drop: false });
    const version = await readPoolVersion(tx, pool);
    if (reply.word !== 'NO_POOL' && reply.epoch === version?.epoch) return null;
    if (unlessBegun && version !== undefined && isOfThisMoment(version.epoch)) return 'begun';
    const epoch = await raiseEpoch(tx, pool);
    if (epoch === undefined) throw new LicensingError('not_found', 'There is no such license.');
    return epoch;
  });
}

/** An epoch is the second in which it was raised, unless that was taken. */
function isOfThisMoment(epoch: number): boolean {
  return Math.abs(Date.now() / 1_000 - epoch) < 2;
}

/** A pool that nobody used is opened, as every new license's is; with sessions in it, it was lost. */
async function load(deps: Deps, pool: PoolRef, epoch: number): Promise<Outcome> {
  const { license, sessions, devices } = await withTenant(deps.db, pool.tenantId, async (tx) => ({
    license: await requireLicense(tx, pool),
    sessions: await listOpenSessions(tx, pool),
    devices: await listLeftRights(tx, pool),
  }));
  const whole = [...sessions.map(entryOf), ...devices.map(leftOf)];
  const chunks = Math.max(1, Math.ceil(whole.length / chunkSize));
  for (let index = 0; index < chunks; index += 1) {
    const part = whole.slice(index * chunkSize, (index + 1) * chunkSize);
    const reply = await deps.seats.restorePool(pool, {
      epoch,
      first: index === 0,
      last: index === chunks - 1,
      config: poolConfigOfLicense(license),
      terms: poolTermsOfLicense(license),
      seats: part.flatMap(({ seat }) => seat ?? []),
      waiters: part.flatMap(({ waiter }) => waiter ?? []),
      devices: part.flatMap(({ left }) => left ?? []),
    });
    if (reply.word === 'STALE_EPOCH') return 'overtaken';
    if (index === 0) deps.reached('restore:first-chunk');
  }
  return sessions.length === 0 ? 'opened' : 'restored';
}

/** One thing that a chunk loads. */
interface Entry {
  seat?: RestorePool['seats'][number];
  waiter?: RestorePool['waiters'][number];
  left?: RestorePool['devices'][number];
}

function entryOf(row: SessionRecord): Entry {
  const { id: sessionId, instanceKey } = row;
  if (row.status === 'queued' && row.ticketEpoch !== null && row.ticketN !== null) {
    const ticket = { epoch: row.ticketEpoch, n: row.ticketN };
    return { waiter: { sessionId, instanceKey, ticket } };
  }
  if (row.fenceEpoch === null || row.fenceCounter === null) return {};
  const fence = { epoch: row.fenceEpoch, counter: row.fenceCounter };
  // It was checked by the schema of the operation that wrote it.
  const device = row.device as unknown as Device;
  const { usageType, isShared, rightsMs } = row;
  return {
    seat: {
      ...{ sessionId, instanceKey, fence, isShared, rightsMs, device: device.fingerprint },
      keepsRights: keepsRights({ usageType, device }),
    },
  };
}

function leftOf({ device, hardUntil }: { device: string; hardUntil: Date }): Entry {
  return { left: { device, hardUntil: hardUntil.getTime() } };
}
