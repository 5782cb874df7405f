/** The steps of the model test: each does the same to Redis, to the model and to the ledger. */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { EndReason } from '../../domain/errors.ts';
import type { PoolConfig } from '../../domain/seat.ts';
import { figures, type Offered } from './given-seats.ts';
import type { Caller } from './model-pool.ts';
import { restorePool } from './model-restore.ts';
import type { Tenant, World } from './model-world.ts';

type Act = (world: World) => Promise<void>;

/** A step by name, so that a counterexample reads as a story. */
class Step implements fc.AsyncCommand<object, World> {
  readonly #name: string;
  readonly #act: Act;
  constructor(name: string, act: Act) {
    this.#name = name;
    this.#act = act;
  }
  check(): boolean {
    return true;
  }
  async run(_model: object, world: World): Promise<void> {
    await this.#act(world);
    await world.check();
  }
  toString(): string {
    return this.#name;
  }
}

/** Mostly the first pool, so that its story has turns. */
const tenants = fc.constantFrom<(0 | 1)[]>(0, 0, 0, 1);
const names = ['a', 'b', 'c', 'd', 'e'];

/** Two instances share a device, of which one keeps its rights after a clean stop and one does not. */
const callers: Readonly<Record<string, Caller>> = {
  a: { device: 'shared', keepsRights: true },
  b: { device: 'shared', keepsRights: false },
  c: { device: 'desk', keepsRights: true },
  d: { device: 'build', keepsRights: false },
  e: { device: 'laptop', keepsRights: true },
};

function callerOf(instance: string): Caller {
  return callers[instance] ?? { device: instance, keepsRights: true };
}
const holders = ['x', 'y', 'z'];
const often = fc.constantFrom(true, true, true, false);

/** Who acts: mostly one who has a session, so that the story goes on instead of beginning again. */
interface Pick {
  tenant: 0 | 1;
  isKnown: boolean;
  n: number;
  isHolder: boolean;
  /** How many sessions ago: 0 is the instance's present one. */
  age: number;
}
const pick: fc.Arbitrary<Pick> = fc.record({
  tenant: tenants,
  isKnown: often,
  n: fc.nat({ max: 29 }),
  isHolder: often,
  age: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
});

interface Whose {
  instance: string;
  holder: string;
  age: number;
}

/** Of all who have a session, or only of those who have a seat. */
function whoseOf(
  { model }: Tenant,
  { isKnown, n, isHolder, age }: Pick,
  among: 'sessions' | 'seats' = 'sessions',
): Whose {
  const those = among === 'seats' ? model.seats.map(([name]) => name) : [...model.sessions.keys()];
  const known = isKnown ? those : [];
  const instance = known[n % Math.max(1, known.length)] ?? names[n % names.length] ?? 'a';
  const present = isHolder ? [...(model.sessions.get(instance)?.holders.keys() ?? [])] : [];
  const holder = present[n % Math.max(1, present.length)] ?? holders[n % holders.length] ?? 'x';
  return { instance, holder, age };
}

function byOne(name: string, act: (tenant: Tenant, now: number, whose: Whose) => Promise<void>) {
  return pick.map(
    (who) =>
      new Step(`${name} ${JSON.stringify(who)}`, (world) => {
        const tenant = world.tenants[who.tenant];
        return act(tenant, world.clock.now, whoseOf(tenant, who));
      }),
  );
}

/** Compares what was answered with what the model answers, whatever the order of dropped sessions. */
function expectSame(answer: object, expected: object): void {
  expect(inOrder(answer)).toMatchObject(inOrder(expected));
}

function inOrder(reply: object): object {
  if (!('dropped' in reply) || !Array.isArray(reply.dropped)) return reply;
  const dropped = reply.dropped.map((one: unknown) =>
    JSON.stringify(one, ['sessionId', 'instanceKey', 'reason', 'at', 'hardUntil']),
  );
  return { ...reply, dropped: dropped.sort() };
}

const acquire = fc.tuple(pick, often, often).map(
  ([who, wait, isRecorded]) =>
    new Step(`acquire ${JSON.stringify({ ...who, wait, isRecorded })}`, async (world) => {
      const tenant = world.tenants[who.tenant];
      const whose = whoseOf(tenant, who);
      await takeSeat(world, tenant, { ...whose, wait, isRecorded });
    }),
);

/** Everybody wants a seat at once, in any order. */
const rush = fc.tuple(tenants, fc.shuffledSubarray(names)).map(
  ([which, instances]) =>
    new Step(`rush of ${instances.join()} to ${which}`, async (world) => {
      const tenant = world.tenants[which];
      for (const instance of instances) {
        await takeSeat(world, tenant, { instance, holder: 'x', wait: true, isRecorded: true });
      }
    }),
);

/** A process joins each instance that has a seat, or beats for it. */
const join = fc
  .tuple(tenants, fc.constantFrom(...holders))
  .map(
    ([which, holder]) =>
      new Step(`join as ${holder} in ${which}`, (world) =>
        askAgain(world, world.tenants[which], { stage: 'active', holder }),
      ),
  );

/** Whoever was offered a seat takes it. */
const takeOffers = tenants.map(
  (which) =>
    new Step(`take offers of ${which}`, (world) =>
      askAgain(world, world.tenants[which], { stage: 'offered', holder: 'x' }),
    ),
);

async function askAgain(
  world: World,
  tenant: Tenant,
  { stage, holder }: { stage: 'active' | 'offered'; holder: string },
): Promise<void> {
  const those = [...tenant.model.sessions].filter(([, session]) => session.stage === stage);
  for (const [instance] of those) {
    await takeSeat(world, tenant, { instance, holder, wait: false, isRecorded: true });
  }
}

/** Wants the seat of somebody's session, present or past; a few seats and many who want one. */
const takeOver = fc.tuple(pick, fc.constantFrom(...names), fc.constantFrom(0, 0, 1), often).map(
  ([whom, instance, age, isRecorded]) =>
    new Step(`take over ${JSON.stringify({ whom, instance, age, isRecorded })}`, async (world) => {
      const tenant = world.tenants[whom.tenant];
      const { instance: taken, holder } = whoseOf(tenant, whom);
      const takeover = { id: tenant.idOf(taken, age), instance: taken };
      await takeSeat(world, tenant, { instance, holder, wait: false, takeover, isRecorded });
    }),
);

interface Take {
  instance: string;
  holder: string;
  wait: boolean;
  takeover?: { id: string; instance: string };
  /** If not, the API dies between the script and its transaction. */
  isRecorded: boolean;
}

async function takeSeat(
  world: World,
  tenant: Tenant,
  { isRecorded, ...take }: Take,
): Promise<void> {
  const { instance, holder, wait, takeover } = take;
  const id = `ses_${(world.sessions += 1)}`;
  const reply = await tenant.seats.acquire(instance, {
    ...{ id, holder, wait, ...callerOf(instance) },
    takeover: takeover && { sessionId: takeover.id, instanceKey: takeover.instance },
  });
  expectSame(reply, tenant.model.acquire(world.clock.now, { ...take, id, ...callerOf(instance) }));
  tenant.noteTenure({ instance, holder, ...callerOf(instance) }, reply);
  if (isRecorded) await tenant.settle({ instance, holder, ...callerOf(instance) }, reply);
  await tenant.check(world.clock);
}

const beat = fc.tuple(pick, often).map(
  ([who, isRecorded]) =>
    new Step(`beat ${JSON.stringify({ ...who, isRecorded })}`, (world) => {
      const tenant = world.tenants[who.tenant];
      const { instance, holder, age } = whoseOf(tenant, who);
      const id = tenant.idOf(instance, age);
      return beatOnce(tenant, world.clock.now, { instance, id, holder, isRecorded });
    }),
);

/** A heartbeat, as the API carries it out; if not `isRecorded` it dies before the ledger knows of new rights. */
async function beatOnce(
  tenant: Tenant,
  now: number,
  beating: { instance: string; id: string; holder: string; isRecorded?: boolean },
): Promise<void> {
  const { instance, id, holder, isRecorded = true } = beating;
  const { seats, model, ledger } = tenant;
  let offered: Offered;
  for (let rounds = 0; rounds < 3; rounds += 1) {
    const reply = await seats.beat(instance, id, holder, offered);
    expectSame(reply, model.beat(now, instance, id, holder, offered));
    tenant.noteBeat({ instance, id, holder, ...callerOf(instance) }, reply);
    if (reply.word !== 'RENEWED' || reply.offeredRightsMs === null || !isRecorded) return;
    const { offeredRightsMs: rightsMs, offeredUnder } = reply;
    offered = ledger.recordRights(id, {
      rightsMs,
      isOfVersion: offeredUnder === seats.config.version,
    });
    if (offered === undefined) return;
  }
}

const poll = byOne('poll', async (tenant, now, { instance, age }) => {
  const id = tenant.idOf(instance, age);
  const reply = await tenant.seats.poll(instance, id);
  expectSame(reply, tenant.model.poll(now, instance, id));
});

/** Every session shows that it lives, by the first of its holders. */
const beatAll = tenants.map(
  (which) =>
    new Step(`beat all of ${which}`, ({ tenants: both, clock }) =>
      beatEverybody(both[which], clock.now),
    ),
);

/**
 * Longer than a lease, in which everybody works on; then a process of each instance beats that was not
 * heard of all that time. What only holds for a while after a restore is over by then.
 */
const workOn = tenants.map(
  (which) =>
    new Step(`work on in ${which}`, async (world) => {
      for (let round = 0; round < 3; round += 1) {
        await beatEverybody(world.tenants[which], world.clock.now);
        world.clock.now += figures.heartbeatMs;
      }
      await beatEverybody(world.tenants[which], world.clock.now, { as: 'z' });
    }),
);

/** One who has a seat is silent for longer than a lease while all others show that they live; then it beats. */
const beatLate = pick.map(
  (who) =>
    new Step(`beat late ${JSON.stringify(who)}`, async (world) => {
      const tenant = world.tenants[who.tenant];
      const { instance, holder } = whoseOf(tenant, who, 'seats');
      for (let round = 0; round < 3; round += 1) {
        world.clock.now += figures.heartbeatMs;
        await beatEverybody(tenant, world.clock.now, { except: instance });
      }
      const id = tenant.idOf(instance, 0);
      await beatOnce(tenant, world.clock.now, { instance, id, holder });
    }),
);

async function beatEverybody(
  tenant: Tenant,
  now: number,
  { as, except }: { as?: string; except?: string } = {},
): Promise<void> {
  for (const [instance, { id, holders: present }] of [...tenant.model.sessions]) {
    if (instance === except) continue;
    const [first = 'x'] = present.keys();
    const holder = as ?? first;
    await beatOnce(tenant, now, { instance, id, holder });
  }
}

const look = byOne('look', async (tenant, now, { instance, age }) => {
  const id = tenant.idOf(instance, age);
  const reply = await tenant.seats.look(instance, id);
  expectSame(reply, tenant.model.lapse(now, instance, id, false));
});

const drop = byOne('drop', async (tenant, now, { instance, age }) => {
  const id = tenant.idOf(instance, age);
  const reply = await tenant.seats.drop(instance, id);
  expectSame(reply, tenant.model.lapse(now, instance, id, true));
  if (reply.word === 'LAPSED') await tenant.acknowledge(reply.dropped);
});

/** A holder's release; the process may die after each of its three parts. */
const leave = fc.tuple(pick, often, fc.constantFrom(1, 2, 3, 3, 3)).map(
  ([who, hasSeat, parts]) =>
    new Step(`leave ${JSON.stringify({ ...who, hasSeat, parts })}`, async (world) => {
      const tenant = world.tenants[who.tenant];
      const whose = whoseOf(tenant, who, hasSeat ? 'seats' : 'sessions');
      const { instance } = whose;
      const id = tenant.idOf(instance, whose.age);
      const holder = tenant.leaverOf(instance, id, whose.holder);
      const reply = await tenant.seats.leave(instance, id, holder);
      expectSame(reply, tenant.model.leave(world.clock.now, instance, id, holder));
      if (reply.word === 'HELD' || reply.word === 'LAST') {
        tenant.noteLeave(id, holder, reply.word === 'LAST');
      }
      if (reply.word !== 'LAST' || parts === 1) return;
      tenant.ledger.end(id, { reason: 'released', hardUntil: reply.hardUntil });
      if (parts === 3) await free(tenant, world.clock.now, { instance, id, reason: 'released' });
    }),
);

const force = byOne('force', async (tenant, now, { instance, age }) => {
  const id = tenant.idOf(instance, age);
  if (!tenant.ledger.open.some((row) => row.id === id)) return;
  tenant.ledger.end(id, { reason: 'forced' });
  await free(tenant, now, { instance, id, reason: 'forced' });
});

/** Confirms again what was released long ago: it must touch nobody. */
const freeAgain = byOne('free again', async (tenant, now, { instance, age }) => {
  const id = tenant.idOf(instance, age + 1);
  const row = tenant.ledger.rows.get(id);
  if (row?.endReason) await free(tenant, now, { instance, id, reason: row.endReason });
});

async function free(
  tenant: Tenant,
  now: number,
  { instance, id, reason }: { instance: string; id: string; reason: EndReason },
): Promise<void> {
  const { door, pool } = tenant.seats;
  const address = { sessionId: id, instanceKey: instance };
  const mode = { holderId: null, mode: 'free', reason } as const;
  const reply = await door.releaseSeat(pool, { ...address, ...mode });
  expectSame(reply, tenant.model.free(now, instance, id, reason));
}

const advance = fc
  .constantFrom(1, 19, 20, 20, 20, 20, 40, 40, 40, 60, 80, 100)
  .map((ms) => new Step(`advance ${ms}`, (world) => Promise.resolve(void (world.clock.now += ms))));

/** Longer than anything lasts. */
const sleep = fc.constant(
  new Step('sleep', (world) => Promise.resolve(void (world.clock.now += 300))),
);

type Change = Partial<PoolConfig> & { terms?: string };

function changing(decide: (tenant: Tenant, now: number) => Change | null) {
  return async ({ tenants: both, clock }: World, which: 0 | 1): Promise<void> => {
    const tenant = both[which];
    const next = decide(tenant, clock.now);
    if (next === null) return;
    const { terms, ...config } = next;
    if (terms !== undefined) tenant.seats.terms = terms;
    const reply = await tenant.seats.configure(config);
    // A pool that Redis lost learns it from the ledger when it is restored.
    const { config: told, terms: toldTerms } = tenant.seats;
    if (tenant.model.isLost) Object.assign(tenant.model, { config: told, terms: toldTerms });
    expectSame(reply, tenant.model.configure(clock.now, told, toldTerms));
    const { status } = tenant.seats.config;
    if (status !== 'open') tenant.ledger.endAll(`license_${status}`);
  };
}

const setLimit = fc.tuple(tenants, fc.constantFrom(0, 1, 1, 2, 2, 3)).map(([which, limit]) => {
  const act = changing(() => ({ limit }));
  return new Step(`limit ${limit} of ${which}`, (world) => act(world, which));
});

/** A limit just below what is in use, which is when offers and grants must wait. */
const squeeze = tenants.map((which) => {
  const act = changing(({ model, seats }) => {
    return { limit: Math.max(0, model.seats.length - 1 - seats.config.overdraft) };
  });
  return new Step(`squeeze ${which}`, (world) => act(world, which));
});

/** Other terms of the license make all tokens anew; the same ones under another version make none. */
const setTerms = fc.tuple(tenants, fc.constantFrom('terms', 'more')).map(([which, terms]) => {
  const act = changing(() => ({ terms }));
  return new Step(`terms of ${which}: ${terms}`, (world) => act(world, which));
});

const setAllowance = fc
  .tuple(tenants, fc.constantFrom(0, 1, 2))
  .map(([which, offlineAllowance]) => {
    const act = changing(() => ({ offlineAllowance }));
    return new Step(`allowance ${offlineAllowance} of ${which}`, (world) => act(world, which));
  });

/** Room for one more right, which is gone again before the ledger has the right that it was reserved for. */
const offerTooMuch = tenants.map(
  (which) =>
    new Step(`offer too much in ${which}`, async (world) => {
      const { model, seats } = world.tenants[which];
      const allow = (devices: number) =>
        changing(() => ({ offlineAllowance: Math.max(0, devices - seats.config.limit) }))(
          world,
          which,
        );
      const devices = model.rights(world.clock.now).size;
      const waiting = [...model.sessions].find(([, { hardUntil }]) => hardUntil === null);
      if (waiting === undefined) return;
      const [instance, { id, holders: present }] = waiting;
      const [holder = 'x'] = present.keys();
      const beating = { instance, id, holder };
      await allow(devices + 1);
      await beatOnce(world.tenants[which], world.clock.now, { ...beating, isRecorded: false });
      await allow(devices);
      await beatOnce(world.tenants[which], world.clock.now, beating);
    }),
);

const withdraw = fc
  .tuple(tenants, fc.constantFrom('suspended', 'revoked'))
  .map(([which, status]) => {
    const act = changing(() => ({ status }));
    return new Step(`${status} ${which}`, (world) => act(world, which));
  });

const expire = tenants.map((which) => {
  const act = changing((_tenant, now) => ({ validUntil: now + 40 }));
  return new Step(`expire ${which}`, (world) => act(world, which));
});

/** Puts right what the two steps before did, so that most of a story is about an open pool. */
const reinstate = tenants.map((which) => {
  const act = changing(({ seats: { config } }) => {
    const isOpen = config.status === 'open' && config.validUntil === null;
    return isOpen ? null : { status: 'open', validUntil: null };
  });
  return new Step(`reinstate ${which}`, (world) => act(world, which));
});

/** An older read of the license arrives late: it must change nothing. */
const configureLate = tenants.map(
  (which) =>
    new Step(`late configuration of ${which}`, async ({ tenants: both, clock }) => {
      const tenant = both[which];
      const { door, pool, config } = tenant.seats;
      const version = config.version - 1;
      const reply = await door.configurePool(pool, {
        config: { ...figures, version, limit: 9 },
        terms: 'late',
      });
      if (tenant.model.isLost) return;
      tenant.model.drop(clock.now);
      tenant.model.promote(clock.now);
      expectSame(reply, { word: 'STALE', dropped: tenant.model.dropped });
    }),
);

const wipe = fc.constant(
  new Step('wipe', async (world) => {
    await world.redis.flushall();
    for (const { model } of world.tenants) model.wipe();
  }),
);

/** A promotion gives the server another replication id; to the scripts that is another dataset. */
const failover = fc.constant(
  new Step('failover', async (world) => {
    await world.redis.replicaof('127.0.0.1', '1');
    await world.redis.replicaof('NO', 'ONE');
    for (const { model } of world.tenants) model.lose();
  }),
);

/** `chunk` sessions at a time; with a rival, a restore that began before is overtaken by this one. */
const restore = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).map(
  ([chunk, hasRival]) =>
    new Step(`restore by ${chunk}${hasRival ? ' with a rival' : ''}`, async (world) => {
      const lost = world.tenants.find(({ model }) => model.isLost);
      if (lost) await restorePool(lost, { chunk, hasRival, now: world.clock.now });
    }),
);

const weighted = (count: number, step: fc.Arbitrary<Step>) =>
  Array.from({ length: count }, () => step);

/** What may happen, the everyday more often than the disaster. */
export const steps = [
  ...weighted(24, acquire),
  ...weighted(24, restore),
  ...weighted(16, beatAll),
  ...weighted(14, leave),
  ...weighted(4, offerTooMuch),
  ...weighted(12, advance),
  ...weighted(12, takeOver),
  ...weighted(12, reinstate),
  ...weighted(8, beat),
  ...weighted(8, poll),
  ...weighted(20, rush),
  ...weighted(12, takeOffers),
  ...weighted(6, join),
  ...weighted(4, workOn),
  ...weighted(4, beatLate),
  ...weighted(4, force),
  ...weighted(4, setLimit),
  ...weighted(3, squeeze),
  ...weighted(2, setTerms),
  ...weighted(2, setAllowance),
  ...weighted(2, drop),
  ...weighted(2, look),
  ...weighted(2, freeAgain),
  ...[sleep, withdraw, expire, configureLate, failover, failover, wipe],
];
