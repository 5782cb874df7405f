/** Heartbeat, acquire, and acquire + release through one API process, without a worker beside it. */
import { packPoolConfig } from '../../lua/pool-config.ts';
import { sound, type Bench } from './bench.ts';
import { bareRoute, contest, equalWork, rawScript } from './contest.ts';
import type { Line } from './figures.ts';
import type { Call } from './generator/connection.ts';
import type { HeldSession, SeatDoor } from './generator/jobs.ts';
import { heartbeatOf } from './generator/seats.ts';
import { givenLicense, type BenchLicense } from './licenses.ts';
import type { Server } from './world.ts';

const seats = 100_000;
const beatingSessions = 200;

export async function measureHeartbeat(bench: Bench): Promise<Line[]> {
  const { world } = bench;
  const license = await givenLicense(world, { seats });
  const floors = await startFloors(bench, license);
  const sessions = await holdSeats(bench, license, beatingSessions);
  const calls = sessions.map(heartbeatOf);
  const script = {
    kind: 'renew-script',
    redisUrl: world.redis.url,
    pool: license,
    sessions,
  } as const;
  const lines = await contest(bench, {
    measurement: 'heartbeat',
    what: 'heartbeat',
    target: '≥ 0.85',
    subject: { ...apiOf(bench), step: { kind: 'calls', port: world.api.port, calls } },
    floors: [
      bareOf(floors),
      { name: equalWork, pid: floors.pid, step: { kind: 'calls', port: floors.port, calls } },
      { name: rawScript, step: script },
    ],
  });
  await floors.stop();
  return lines;
}

export const measureAcquire = (bench: Bench) => measureTaking(bench, 'acquire');
export const measureCycle = (bench: Bench) => measureTaking(bench, 'cycle');

async function measureTaking(bench: Bench, measurement: 'acquire' | 'cycle'): Promise<Line[]> {
  const { world } = bench;
  const release = measurement === 'cycle';
  const license = await givenLicense(world, { seats });
  const other = await givenLicense(world, { seats });
  const floors = await startFloors(bench, other);
  // The first acquire opens the pool, which the floor and the script cannot.
  await holdSeats(bench, license, 1);
  await holdSeats(bench, other, 1);
  const doorOf = (port: number, { licenseKey }: BenchLicense): SeatDoor => ({ port, licenseKey });
  // Scripts alone take more seats in a run than a license may have.
  const roomy = { ...other.policyConfig, limit: 10 * seats, version: 2 };
  const script = { redisUrl: world.redis.url, pool: other, config: packPoolConfig(roomy), release };
  const lines = await contest(bench, {
    measurement,
    what: release ? 'acquire + release' : 'acquire',
    subject: {
      ...apiOf(bench),
      step: { kind: 'acquire', door: doorOf(world.api.port, license), release },
    },
    floors: [
      bareOf(floors),
      {
        name: equalWork,
        pid: floors.pid,
        step: { kind: 'acquire', door: doorOf(floors.port, other), release },
      },
      { name: rawScript, step: { kind: 'acquire-script', ...script } },
    ],
  });
  await floors.stop();
  return lines;
}

export async function measureValidate(bench: Bench): Promise<Line[]> {
  const { world } = bench;
  const license = await givenLicense(world, { seats });
  const floors = await startFloors(bench, license);
  const call: Call = {
    method: 'POST',
    path: '/v1/licenses/validate',
    authorization: `License ${license.licenseKey}`,
    body: '{"product":"bench"}',
  };
  const stepAt = ({ port }: Server) => ({ kind: 'calls' as const, port, calls: [call] });
  const lines = await contest(bench, {
    measurement: 'validate',
    what: 'validate',
    subject: { ...apiOf(bench), step: stepAt(world.api) },
    floors: [bareOf(floors), { name: equalWork, pid: floors.pid, step: stepAt(floors) }],
  });
  await floors.stop();
  return lines;
}

/** Sessions of new instances, taken through the API. */
export async function holdSeats(
  { world, generator, extent }: Bench,
  { licenseKey }: BenchLicense,
  count: number,
): Promise<HeldSession[]> {
  const volume = {
    lanes: Math.min(extent.connections, count),
    durationMs: 600_000,
    stepsMax: count,
  };
  const door = { port: world.api.port, licenseKey };
  const step = { kind: 'acquire', door, release: false } as const;
  const result = await generator.run({ kind: 'loop', step, volume, keep: true });
  return sound(result, 'seats to hold').sessions;
}

function startFloors({ world }: Bench, license: BenchLicense): Promise<Server> {
  return world.startFloors({
    FLOOR_TENANT: license.tenantId,
    FLOOR_LICENSE: license.licenseId,
    FLOOR_PRODUCT: license.productId,
    FLOOR_CONFIG: license.config,
  });
}

function apiOf({ world }: Bench) {
  return { name: 'API', pid: world.api.pid };
}

function bareOf({ port, pid }: Server) {
  const call: Call = { method: 'POST', path: '/bare', body: '{}' };
  return { name: bareRoute, pid, step: { kind: 'calls' as const, port, calls: [call] } };
}
