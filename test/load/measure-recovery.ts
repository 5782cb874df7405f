/** How long it takes until what broke is whole: killed clients, a Redis that lost everything, a start. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removePostgresFolder } from '../../dev/platform/postgres-folder.ts';
import { startStack } from '../../dev/stack.ts';
import type { Bench } from './bench.ts';
import { single, type Line } from './figures.ts';
import { startGenerator } from './generator.ts';
import { givenLicense } from './licenses.ts';
import { holdSeats } from './measure-seats.ts';
import { openStores } from './stores.ts';

const clients = 50;
const pollMs = 100;

export async function measureReclaim(bench: Bench): Promise<Line[]> {
  const { world } = bench;
  const policy = { leaseSeconds: 15, heartbeatSeconds: 5 };
  const license = await givenLicense(world, { seats: clients, policy });
  const followed = await world.startWorker();
  const stores = openStores(world);
  const sessions = await holdSeats(bench, license, clients);
  const doomed = await startGenerator();
  const holding = doomed.run({
    ...{ kind: 'hold', port: world.api.port, sessions, everyMs: 5_000, durationMs: 600_000 },
    connections: clients,
  });
  // Each has beaten at least once.
  await Promise.race([holding, delay(6_000)]);
  doomed.kill();
  const killedAt = performance.now();
  await holding.catch(() => undefined);
  const since = () => (performance.now() - killedAt) / 1_000;
  let [freed, closed] = [NaN, NaN];
  while (Number.isNaN(closed) && since() < 90) {
    await delay(pollMs);
    if (Number.isNaN(freed) && (await stores.liveSeats(license)) === 0) freed = since();
    if ((await stores.openRows(license)) === 0) closed = since();
  }
  await stores.close();
  await followed.stop();
  const what = `${clients} killed clients, lease of 15 s`;
  const line = (name: string, value: number, target: string) =>
    single({ measurement: 'reclaim', what: `${what}: ${name}`, unit: 's', value, target });
  return [
    line('the last seat is free after', freed, '≤ lease + 5 s'),
    line('the last row is closed after', closed, '≤ lease + 60 s'),
  ];
}

export async function measureRebuild(bench: Bench): Promise<Line[]> {
  const { world, extent, generator } = bench;
  const leases = extent.rebuildLeases;
  const license = await givenLicense(world, { seats: leases });
  const stores = openStores(world);
  await stores.insertSessions(license, leases - 1);
  await stores.flushRedis();
  bench.progress(`rebuild: ${leases - 1} leases are in the ledger, none in Redis`);
  const startedAt = performance.now();
  const door = { port: world.api.port, licenseKey: license.licenseKey };
  const step = { kind: 'acquire', door, release: false } as const;
  // A request may be told to try again in a moment; each goes on where the restore has got to.
  for (let granted = 0; granted === 0;) {
    if (performance.now() - startedAt > 120_000) throw new Error('The pool was not rebuilt');
    const volume = { lanes: 1, durationMs: 60_000, stepsMax: 1 };
    granted = (await generator.run({ kind: 'loop', step, volume, keep: false })).steps;
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  const memory = await stores.redisMemory();
  await stores.close();
  const what = `${leases} leases of one pool after a loss of Redis`;
  return [
    single({ measurement: 'rebuild', what, unit: 's', value: seconds, target: '≤ 60' }),
    single({
      ...{ measurement: 'rebuild', what: 'Redis memory of a lease', unit: 'KiB' },
      value: memory / 1_024 / leases,
    }),
  ];
}

export async function measureStart(bench: Bench): Promise<Line[]> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-start-'));
  const quiet = { progress: () => undefined, died: () => undefined };
  const timed = async () => {
    const startedAt = performance.now();
    const stack = await startStack(folder, quiet);
    const seconds = (performance.now() - startedAt) / 1_000;
    await stack.stop();
    return seconds;
  };
  const line = (what: string, value: number) =>
    single({ measurement: 'start', what, unit: 's', value });
  try {
    const cold = await timed();
    const warm = await timed();
    const startedAt = performance.now();
    const api = await bench.world.startApi();
    const alone = (performance.now() - startedAt) / 1_000;
    await api.stop();
    return [
      line('cold start: empty folder to ready and seeded', cold),
      line('warm start: everything, on what is there', warm),
      line('one more API process: spawned to listening', alone),
    ];
  } finally {
    await removePostgresFolder(join(folder, 'postgres'));
    await rm(folder, { recursive: true, force: true });
  }
}
