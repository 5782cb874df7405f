/** The faults: how each begins, and how it ends with everything running again. */
import type { Fleet } from './fleet.ts';
import type { Ailment } from './link.ts';
import type { KmsFaults } from './kms-part.ts';
import type { Part } from './part.ts';
import type { Stack } from './stack.ts';

/** Brings back what was broken, and resolves when it answers. */
type Mend = () => Promise<void> | void;
type Strike = (stage: { stack: Stack; fleet: Fleet; pick: number }) => Promise<Mend> | Mend;

const of =
  (choose: (stack: Stack, pick: number) => Part) =>
  (act: (part: Part) => Promise<Mend>): Strike =>
  ({ stack, pick }) =>
    act(choose(stack, pick));

const killed = async (part: Part): Promise<Mend> => {
  await part.kill();
  return part.revive;
};
const paused = async (part: Part): Promise<Mend> => {
  await part.pause();
  return part.resume;
};

const api = of(({ apis: [one, other] }, pick) => (pick < 0.5 ? one : other));
const worker = of(({ worker }) => worker);
const postgres = of(({ postgres }) => postgres);
const temporal = of(({ temporal }) => temporal);
const primary = of(({ redis }) => redis.primary());
const replica = of(({ redis }) => redis.replica());
const kms = of(({ kms }) => kms);

/** A KMS that is there and does not do what it should. */
const failing =
  (faults: KmsFaults): Strike =>
  async ({ stack: { kms } }) => {
    await kms.fail(faults);
    return () => kms.fail({});
  };

const ailing =
  (name: 'client' | 'redis' | 'postgres', ailment: Ailment): Strike =>
  ({ stack }) => {
    stack.links[name].ail(ailment);
    return () => stack.links[name].mend();
  };

/** Breaks every connection, again and again. */
const resetting =
  (name: 'client' | 'redis' | 'postgres'): Strike =>
  ({ stack }) => {
    const link = stack.links[name];
    const timer = setInterval(() => link.reset(), 250);
    link.reset();
    return () => clearInterval(timer);
  };

/** The replica stops hearing of writes; when it ends the primary is lost, and the replica takes over. */
const promoted =
  (lose: (part: Part) => Promise<Mend>): Strike =>
  ({ stack: { redis } }) => {
    redis.replication.ail({ kind: 'stall' });
    return async () => {
      const old = redis.primary();
      await lose(old);
      redis.replication.mend();
      await redis.promote();
      // A server that was only cut off is not trusted again before it has begun anew.
      await old.kill();
      await old.revive();
      await redis.synced();
    };
  };

const strikes = {
  'api-kill': api(killed),
  'api-pause': api(paused),
  'worker-kill': worker(killed),
  'worker-pause': worker(paused),
  'postgres-kill': postgres(killed),
  'postgres-pause': postgres(paused),
  'temporal-kill': temporal(killed),
  'temporal-pause': temporal(paused),
  'redis-kill': primary(killed),
  'redis-pause': primary(paused),
  'redis-flush': async ({ stack }) => {
    await stack.redis.primary().store.flushall();
    return () => undefined;
  },
  'redis-restart-without-aof': async ({ stack: { redis } }) => {
    const node = redis.primary();
    await node.kill();
    await redis.forget();
    return node.revive;
  },
  'redis-disk-full': ({ stack }) => stack.redis.fillDisk(),
  'redis-promote': promoted(killed),
  'redis-promote-paused': promoted(paused),
  'replica-kill': replica(killed),
  'replica-pause': replica(paused),
  'redis-latency': ailing('redis', { kind: 'latency', ms: 120 }),
  'redis-stall': ailing('redis', { kind: 'stall' }),
  'redis-cut': ailing('redis', { kind: 'cut' }),
  'redis-reset': resetting('redis'),
  'postgres-latency': ailing('postgres', { kind: 'latency', ms: 60 }),
  'postgres-stall': ailing('postgres', { kind: 'stall' }),
  'postgres-cut': ailing('postgres', { kind: 'cut' }),
  'postgres-reset': resetting('postgres'),
  'kms-kill': kms(killed),
  'kms-pause': kms(paused),
  'kms-delay': failing({ delayMs: 3_000 }),
  'kms-unavailable': failing({ status: 'UNAVAILABLE' }),
  'client-latency': ailing('client', { kind: 'latency', ms: 250 }),
  'client-stall': ailing('client', { kind: 'stall' }),
  'client-cut': ailing('client', { kind: 'cut' }),
  'client-reset': resetting('client'),
  'program-kill': ({ fleet, pick }) => fleet.killProgram(pick),
  'program-pause': ({ fleet, pick }) => fleet.pauseProgram(pick),
  'program-clock': ({ fleet, pick }) => fleet.skewProgram(pick),
} as const satisfies Record<string, Strike>;

export type FaultName = keyof typeof strikes;

export const faultNames = Object.keys(strikes) as FaultName[];

export function isFaultName(name: string): name is FaultName {
  return name in strikes;
}

/** Faults of one part never overlap. The replica belongs to Redis: whoever is promoted must run. */
export function partOf(name: FaultName): string {
  const [part = ''] = name.split('-');
  return part === 'replica' ? 'redis' : part;
}

/** Begins a fault. */
export function strike(name: FaultName, stage: Parameters<Strike>[0]): Promise<Mend> | Mend {
  const begin: Strike = strikes[name];
  return begin(stage);
}
