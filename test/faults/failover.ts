/**
 * What a failover costs, measured: a primary and a replica that has fallen behind, writers that take
 * seats, the primary killed, the replica promoted, the traffic led to it. `npm run failover`
 * prints the figures without and with a wait for the replica; `--json` prints them as JSON.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi } from '../../api/server.ts';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { startPostgres } from '../../dev/platform/postgres.ts';
import type { Fence } from '../../domain/seat.ts';
import { poolKeys } from '../../lua/keys.ts';
import { loadConfig } from '../../platform/config.ts';
import { acquireSession } from '../../services/acquire-session.ts';
import type { Deps } from '../../services/deps.ts';
import { restorePool } from '../../services/restore-pool.ts';
import { startRedisPair, type RedisPair } from './redis-pair.ts';
import { sellLicense, type SoldLicense } from './shop.ts';
import { prepareDatabase } from './stack.ts';

/** A seat that a caller was told it has. */
interface AckedSeat {
  sessionId: string;
  instanceKey: string;
  fence: Fence;
  at: number;
}

export interface FailoverFigures {
  /** Replicas that had to have a seat before it was told. */
  replicasMin: number;
  acked: number;
  /** Callers that were told to ask again while the replica was behind. */
  refused: number;
  /** Acked seats that the promoted replica had never heard of. */
  lostInRedis: number;
  /** Acked seats that their holders had after the failover. */
  keptInTheEnd: number;
  /** Integral of the seats granted and unexpired beyond the limit. */
  overGrantedSeconds: number;
  /** Fences given more than once, or after a higher one. */
  fencesRepeated: number;
}

const writers = 20;
const behindMs = 1_500;

/** Connection strings of a migrated Postgres, by role. */
export interface Ledger {
  app: string;
  system: string;
}

/** Fails over once. The ledger may be shared by several measurements, each has a pair of its own. */
export async function measureFailover(
  ledger: Ledger,
  {
    folder,
    replicasMin,
    seatsPerPhase = 300,
  }: {
    folder: string;
    replicasMin: number;
    /** Seats to take while the replica follows, and at most that many while it does not. */
    seatsPerPhase?: number;
  },
): Promise<FailoverFigures> {
  const pair = await startRedisPair(folder);
  await pair.synced();
  const api = await startApi(loadConfig(environmentOf(ledger, pair, replicasMin)));
  try {
    const seats = 3 * seatsPerPhase;
    const license = await sellLicense(api.deps, seats);
    const before = await takeSeats(api.deps, license, { most: seatsPerPhase, forMs: 60_000 });
    await pair.synced();
    pair.replication.ail({ kind: 'cut' });
    const behind = await takeSeats(api.deps, license, { most: seatsPerPhase, forMs: behindMs });
    await pair.primary().kill();
    await pair.promote();
    const acked = [...before.acked, ...behind.acked];
    const lostInRedis = await countLost(pair, license, acked);
    const keptInTheEnd = await countKept(api.deps, license, acked);
    const after = await takeSeats(api.deps, license, { most: seats, forMs: 60_000 });
    const all = [...acked, ...after.acked];
    return {
      ...{ replicasMin, acked: acked.length, refused: behind.refused, lostInRedis, keptInTheEnd },
      overGrantedSeconds: overGranted(all, seats, performance.now()),
      fencesRepeated: countRepeated(acked, after.acked),
    };
  } finally {
    await api.close();
    await pair.stop();
  }
}

function environmentOf(ledger: Ledger, { link }: RedisPair, replicasMin: number) {
  return {
    ...{ LOG_LEVEL: 'silent', API_PORT: '0', METRICS_PORT: '0', TEMPORAL_ADDRESS: '127.0.0.1:1' },
    ...{ DATABASE_URL: ledger.app, SYSTEM_DATABASE_URL: ledger.system },
    REDIS_URL: `redis://127.0.0.1:${String(link.port)}`,
    REDIS_REPLICAS_MIN: String(replicasMin),
    SESSION_CREDENTIAL_SECRETS: `f1:${randomBytes(32).toString('base64url')}`,
  };
}

/** Writers side by side, each seat for another instance, until enough were told or time is up. */
async function takeSeats(
  deps: Deps,
  license: SoldLicense,
  { most, forMs }: { most: number; forMs: number },
): Promise<{ acked: AckedSeat[]; refused: number }> {
  const acked: AckedSeat[] = [];
  const until = performance.now() + forMs;
  let wanted = most;
  let refused = 0;
  let isFull = false;
  const write = async () => {
    while (!isFull && wanted > 0 && performance.now() < until) {
      wanted -= 1;
      const seat = await takeSeat(deps, license).catch(() => 'refused' as const);
      if (seat === 'refused') {
        refused += 1;
        wanted += 1;
      } else if (seat === 'full') isFull = true;
      else acked.push(seat);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return { acked, refused };
}

async function takeSeat(deps: Deps, license: SoldLicense): Promise<AckedSeat | 'full'> {
  const instanceKey = randomBytes(8).toString('hex');
  const outcome = await acquireSession(deps, {
    ...{ ...license, instanceKey, holderId: 'main', wait: false },
    ...{ usageType: 'builder', version: '1.0.0', device: { fingerprint: instanceKey } },
    metadata: {},
  });
  if (outcome.kind !== 'session' || outcome.tenure.word === 'QUEUED') return 'full';
  const { sessionId, fence } = outcome.tenure;
  return { sessionId, instanceKey, fence, at: performance.now() };
}

/** Straight from the promoted server, before any pool of it is restored. */
async function countLost(
  { primary }: RedisPair,
  license: SoldLicense,
  acked: readonly AckedSeat[],
): Promise<number> {
  const prefix = poolKeys(license).find((key) => key.endsWith(':s:')) ?? '';
  const known = await Promise.all(
    acked.map(({ instanceKey }) => primary().store.hget(`${prefix}${instanceKey}`, 'id')),
  );
  return acked.filter(({ sessionId }, n) => known[n] !== sessionId).length;
}

/** Beats for each of them; the first find the pool gone, which restores it. */
async function countKept(
  deps: Deps,
  license: SoldLicense,
  acked: readonly AckedSeat[],
): Promise<number> {
  await restorePool(deps, license);
  const replies = await Promise.all(
    acked.map((seat) => deps.seats.renewLease(license, { ...seat, holderId: 'main', signer: '' })),
  );
  return replies.filter(({ word }) => word === 'RENEWED').length;
}

/** No lease runs out and no seat is given back meanwhile, so whoever was told of a seat holds it. */
function overGranted(all: readonly AckedSeat[], limit: number, end: number): number {
  const beyond = all.toSorted((one, other) => one.at - other.at).slice(limit);
  return beyond.reduce((seconds, { at }) => seconds + (end - at) / 1_000, 0);
}

function countRepeated(before: readonly AckedSeat[], after: readonly AckedSeat[]): number {
  const all = [...before, ...after];
  const distinct = new Set(all.map(({ fence }) => `${fence.epoch}:${fence.counter}`));
  const newest = Math.max(0, ...before.map(({ fence }) => fence.epoch));
  const late = after.filter(({ fence }) => fence.epoch <= newest);
  return all.length - distinct.size + late.length;
}

if (import.meta.main) {
  process.exitCode = await main();
  // Nothing that still runs may keep the process.
  process.exit();
}

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-failover-'));
  const dataDir = join(folder, 'postgres');
  const postgres = await startPostgres({ dataDir, durable: false });
  try {
    const ledger = await prepareDatabase(postgres.url);
    const figures = [];
    for (const replicasMin of [0, 1]) {
      const own = join(folder, `wait-${String(replicasMin)}`);
      figures.push(await measureFailover(ledger, { folder: own, replicasMin }));
    }
    if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
    else console.table(figures);
    return figures.some(isBroken) ? 1 : 0;
  } finally {
    await postgres.stop();
    await removePostgresFolder(dataDir);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a promise was broken: a seat that was told is gone, one too many is out, or a fence came twice. */
export function isBroken(figures: FailoverFigures): boolean {
  const { acked, keptInTheEnd, overGrantedSeconds, fencesRepeated } = figures;
  return keptInTheEnd < acked || overGrantedSeconds > 0 || fencesRepeated > 0;
}
