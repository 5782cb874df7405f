/** Restores of the model test, and how each of its runs begins and ends. */
import { expect } from 'vitest';
import type { RestorePool } from '../../lua/scripts.ts';
import type { Row } from './model-ledger.ts';
import type { Tenant, World } from './model-world.ts';

/** Rebuilds a pool from the ledger, chunk by chunk; `hasRival`: an older restore is under way too. */
export async function restorePool(
  tenant: Tenant,
  { chunk, hasRival, now }: { chunk: number; hasRival: boolean; now: number },
): Promise<void> {
  const { ledger, model, seats } = tenant;
  const load = (part: Partial<RestorePool>) =>
    seats.door.restorePool(seats.pool, {
      ...{ epoch: ledger.epoch, first: false, last: false, config: seats.config },
      ...{ terms: seats.terms, seats: [], waiters: [], devices: [], ...part },
    });
  ledger.epoch += 1;
  const rivalEpoch = ledger.epoch;
  if (hasRival) {
    expect(await load({ first: true })).toMatchObject({ word: 'RESTORED' });
    ledger.epoch += 1;
  }
  const rows = ledger.open;
  const left = ledger.leftRights;
  const whole = [...rows.map(rowToLoad), ...left.map((device) => ({ devices: [device] }))];
  const count = Math.max(1, Math.ceil(whole.length / chunk));
  for (let index = 0; index < count; index += 1) {
    const part = whole.slice(index * chunk, (index + 1) * chunk);
    const [first, last] = [index === 0, index === count - 1];
    if (hasRival && !first) {
      expect(await load({ epoch: rivalEpoch, last: true })).toEqual({ word: 'STALE_EPOCH' });
    }
    expect(await seats.contents(), 'not open before the last chunk').toBeNull();
    expect(await load({ first, last, ...allOf(part) })).toMatchObject({ word: 'RESTORED' });
  }
  expect(await load({ epoch: rivalEpoch - 1, first: true, last: true })).toEqual({
    word: 'STALE_EPOCH',
  });
  model.restore(now, ledger.epoch, rows, left);
  tenant.noteRestore();
}

type Loaded = Pick<RestorePool, 'seats' | 'waiters' | 'devices'>;

function rowToLoad({ id: sessionId, instance: instanceKey, ...row }: Row): Partial<Loaded> {
  const { fence, ticket, isShared, device, keepsRights, rightsMs } = row;
  if (fence) {
    const seat = { sessionId, instanceKey, fence, isShared, device, keepsRights, rightsMs };
    return { seats: [seat] };
  }
  return ticket ? { waiters: [{ sessionId, instanceKey, ticket }] } : {};
}

function allOf(parts: readonly Partial<Loaded>[]): Loaded {
  return {
    seats: parts.flatMap(({ seats }) => seats ?? []),
    waiters: parts.flatMap(({ waiters }) => waiters ?? []),
    devices: parts.flatMap(({ devices }) => devices ?? []),
  };
}

/** Restores both pools, lets everything run out and drops it: then every session has its end. */
export async function endOfRun(world: World): Promise<void> {
  for (const tenant of world.tenants) {
    if (tenant.model.isLost) {
      await restorePool(tenant, { chunk: 3, hasRival: false, now: world.clock.now });
    }
  }
  for (let round = 0; round < 8; round += 1) {
    world.clock.now += 1000;
    for (const tenant of world.tenants) {
      const reply = await tenant.seats.drop();
      tenant.model.lapse(world.clock.now, '', '', true);
      if (reply.word === 'LAPSED') await tenant.acknowledge(reply.dropped);
    }
  }
  await world.check();
  for (const { ledger } of world.tenants) {
    expect(ledger.open, 'I3: every session has its end').toEqual([]);
  }
}

/** Opens both pools, as the first acquire of each would. */
export async function beginRun(world: World): Promise<void> {
  for (const tenant of world.tenants) {
    await restorePool(tenant, { chunk: 3, hasRival: false, now: world.clock.now });
  }
}
