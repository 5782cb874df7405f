import { afterAll, beforeAll } from 'vitest';
import { Redis } from 'ioredis';
import type { PoolConfig, PoolRef } from '../../domain/seat.ts';
import type { LoadOptions } from '../../lua/load.ts';
import { createSeatScripts, type RenewLease, type SeatScripts } from '../../lua/scripts.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** Small figures that are multiples of 20, so that instants often coincide. Milliseconds. */
export const figures = {
  version: 1,
  limit: 1,
  overdraft: 0,
  status: 'open',
  validUntil: null,
  leaseMs: 100,
  heartbeatMs: 40,
  signalEveryMs: 40,
  holdersMax: 2,
  queueMax: 3,
  queueWaitMs: 300,
  offerMs: 60,
  livenessMs: 80,
  graceMs: 200,
  offlineAllowance: 1,
} as const satisfies PoolConfig;

/** What became of rights that a beat was offered. */
export type Offered = RenewLease['offered'];

/** A clock that only the test moves. Unix milliseconds. */
export interface Clock {
  now: number;
}

export const clockStart = 1_800_000_000_000;

export interface SeatStage {
  /** A server of the file's own. */
  server: TestRedis;
  /** A plain client of it. */
  redis: () => Redis;
  clock: Clock;
  /** The door with the injected clock; another text of a script makes a mutant. */
  door: (options?: LoadOptions) => SeatScripts;
}

/** Starts a Redis for the calling file. Call it at the top level. */
export async function startSeatStage(options: { durable?: boolean } = {}): Promise<SeatStage> {
  const server = await startTestRedis(options);
  const clients: Redis[] = [];
  const connect = () => {
    const client = new Redis(server.url, { retryStrategy: () => 20 });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  let plain: Redis | undefined;
  const clock = { now: clockStart };
  beforeAll(() => {
    clock.now = clockStart;
  });
  afterAll(() => {
    for (const client of clients) client.disconnect();
  });
  return {
    ...{ server, clock },
    redis: () => (plain ??= connect()),
    door: (load = {}) => createSeatScripts(connect(), { ...load, testClock: () => clock.now }),
  };
}

let pools = 0;

/** A pool that no other test uses; its keys do not exist yet. */
function freshPool(): PoolRef {
  pools += 1;
  return { tenantId: `ten_${pools}`, licenseId: `lic_${pools}` };
}

/** How an instance asks for a seat. */
interface AcquireOptions {
  holder?: string | undefined;
  wait?: boolean | undefined;
  id?: string | undefined;
  takeover?: { sessionId: string; instanceKey: string | null } | undefined;
  /** The instance's own unless given. */
  device?: string | undefined;
  /** Whether rights outlast a clean stop; they do unless said otherwise. */
  keepsRights?: boolean | undefined;
}

/** One pool under test: what a test wants to say, without what it does not care about. */
export class Seats {
  readonly pool: PoolRef;
  readonly door: SeatScripts;
  config: PoolConfig;
  /** What the license's tokens say of it, and the key that signs them. */
  terms = 'terms';
  signer = 'key';
  #sessions = 0;

  constructor(door: SeatScripts, config: Partial<PoolConfig> = {}) {
    this.door = door;
    this.pool = freshPool();
    this.config = { ...figures, ...config };
  }

  restore(epoch = 1) {
    const { config, terms } = this;
    const whole = { epoch, first: true, last: true, config, terms };
    return this.door.restorePool(this.pool, { ...whole, seats: [], waiters: [], devices: [] });
  }

  acquire(instanceKey: string, options: AcquireOptions = {}) {
    this.#sessions += 1;
    return this.door.acquireSeat(this.pool, {
      config: this.config,
      terms: this.terms,
      signer: this.signer,
      device: options.device ?? `device of ${instanceKey}`,
      keepsRights: options.keepsRights ?? true,
      sessionId: options.id ?? `ses_${instanceKey}${this.#sessions}`,
      instanceKey,
      holderId: options.holder ?? 'main',
      wait: options.wait ?? false,
      takeover: options.takeover,
    });
  }

  /** A seat that the test takes for granted. @throws Error when there is none. */
  async seatOf(instanceKey: string, holder = 'main'): Promise<string> {
    const reply = await this.acquire(instanceKey, { holder });
    if (reply.word !== 'GRANTED') throw new Error(`${instanceKey} was answered ${reply.word}`);
    return reply.sessionId;
  }

  /** A place in the queue that the test takes for granted. @throws Error when there is none. */
  async placeOf(instanceKey: string): Promise<string> {
    const reply = await this.acquire(instanceKey, { wait: true });
    if (reply.word !== 'QUEUED') throw new Error(`${instanceKey} was answered ${reply.word}`);
    return reply.sessionId;
  }

  /** Whose token got lost. */
  beatWithoutToken(instanceKey: string, sessionId: string) {
    const { signer } = this;
    const caller = { sessionId, instanceKey, holderId: 'main', signer, wantsToken: true };
    return this.door.renewLease(this.pool, caller);
  }

  beat(instanceKey: string, sessionId: string, holderId = 'main', offered?: Offered) {
    const { signer } = this;
    const caller = { sessionId, instanceKey, holderId, signer };
    return this.door.renewLease(this.pool, offered ? { ...caller, offered } : caller);
  }

  poll(instanceKey: string, sessionId: string) {
    return this.door.pollQueue(this.pool, { sessionId, instanceKey });
  }

  leave(instanceKey: string, sessionId: string, holderId: string | null = 'main') {
    const mode = { mode: 'leave', reason: 'released' } as const;
    return this.door.releaseSeat(this.pool, { sessionId, instanceKey, holderId, ...mode });
  }

  free(
    instanceKey: string,
    sessionId: string,
    reason: 'released' | 'forced' = 'released',
    rights?: 'keep' | 'discard',
  ) {
    const mode = { mode: 'free', holderId: null, reason, ...(rights && { rights }) } as const;
    return this.door.releaseSeat(this.pool, { sessionId, instanceKey, ...mode });
  }

  look(instanceKey: string, sessionId: string) {
    return this.door.lapseLeases(this.pool, { sessionId, instanceKey, drop: false });
  }

  drop(instanceKey?: string, sessionId?: string) {
    const named =
      instanceKey === undefined || sessionId === undefined ? {} : { instanceKey, sessionId };
    return this.door.lapseLeases(this.pool, { ...named, drop: true });
  }

  configure(change: Partial<PoolConfig>) {
    this.config = { ...this.config, version: this.config.version + 1, ...change };
    return this.tell();
  }

  /** Tells the pool what the license is by now. */
  tell() {
    const { config, terms } = this;
    return this.door.configurePool(this.pool, { config, terms });
  }

  contents() {
    return this.door.readPool(this.pool);
  }
}

/** A pool that is open and empty. */
export async function givenPool(
  door: SeatScripts,
  config: Partial<PoolConfig> = {},
): Promise<Seats> {
  const seats = new Seats(door, config);
  await seats.restore();
  return seats;
}
