/**
 * What an operation costs as the installation grows: sessions in one pool, and pools. The figure is the
 * CPU time of API, Redis and Postgres together, which says more than the time on a shared machine.
 */
import { sound, type Bench } from './bench.ts';
import { single, type Line } from './figures.ts';
import type { HeldSession, Step } from './generator/jobs.ts';
import { heartbeatOf } from './generator/seats.ts';
import { givenLicense, type BenchLicense } from './licenses.ts';
import { holdSeats } from './measure-seats.ts';
import { openStores, type Stores } from './stores.ts';
import { cpuMsOf } from './usage.ts';

/** Sessions whose beats are sent: enough to meet all parts of a pool. */
const beatingMax = 2_000;

interface Size {
  label: string;
  of: 'sessions' | 'pools';
  count: number;
}

export async function measureCurves(bench: Bench): Promise<Line[]> {
  const { sessions, pools } = bench.extent.curves;
  const lines: Line[] = [];
  for (const count of sessions) {
    const label = `${count.toLocaleString('en-US')} sessions in one pool`;
    const { license, beating } = await withStores(bench, (stores) =>
      fillPool(bench, stores, count),
    );
    lines.push(...(await measureAt(bench, { label, of: 'sessions', count }, { license, beating })));
  }
  for (const count of pools) {
    const label = `${count.toLocaleString('en-US')} pools`;
    const { license, beating } = await withStores(bench, (stores) =>
      addPools(bench, stores, count),
    );
    lines.push(...(await measureAt(bench, { label, of: 'pools', count }, { license, beating })));
  }
  return relative(lines);
}

async function withStores<T>({ world }: Bench, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = openStores(world);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

async function fillPool(bench: Bench, stores: Stores, count: number) {
  const license = await givenLicense(bench.world, { seats: 100_000 });
  // Room for the acquires that are measured.
  const sessions = await stores.insertSessions(license, count - Math.min(count / 10, 100));
  // The first acquire opens the pool with them.
  await holdSeats(bench, license, 1);
  return { license, beating: sessions };
}

async function addPools(bench: Bench, stores: Stores, count: number) {
  const license = await givenLicense(bench.world, { seats: 100_000 });
  await holdSeats(bench, license, 1);
  const pools = await stores.insertPools(license, count);
  return { license, beating: pools.map(([, session]) => session) };
}

async function measureAt(
  bench: Bench,
  { label, of, count }: Size,
  { license, beating }: { license: BenchLicense; beating: HeldSession[] },
): Promise<Line[]> {
  const { port } = bench.world.api;
  const { licenseKey } = license;
  const stride = Math.max(1, Math.floor(beating.length / beatingMax));
  const calls = beating.filter((_, at) => at % stride === 0).map(heartbeatOf);
  const validation = {
    ...{ method: 'POST' as const, path: '/v1/licenses/validate' },
    ...{ authorization: `License ${licenseKey}`, body: '{"product":"bench"}' },
  };
  const steps: Record<string, Step> = {
    heartbeat: { kind: 'calls', port, calls },
    'acquire + release': { kind: 'acquire', door: { port, licenseKey }, release: true },
    validate: { kind: 'calls', port, calls: [validation] },
  };
  const lines: Line[] = [];
  for (const [name, step] of Object.entries(steps)) {
    const value = await cpuPerStep(bench, step, `${name} at ${label}`);
    bench.progress(`${name} at ${label}: ${Math.round(value)} µs CPU`);
    const what = `${name} at ${label}`;
    lines.push(single({ measurement: `curves:${name}:${of}:${count}`, what, unit: 'µs', value }));
  }
  return lines;
}

async function cpuPerStep({ world, generator, extent }: Bench, step: Step, what: string) {
  const { connections: lanes, windowMs: durationMs, stepsMax } = extent;
  const volume = { lanes, durationMs, stepsMax };
  const pids = [world.api.pid, world.redis.pid, world.postgres.pid];
  const used = async () => (await Promise.all(pids.map(cpuMsOf))).reduce((sum, ms) => sum + ms, 0);
  // The first window warms up: the first beats of a pool are not like the others.
  const warm = { ...volume, durationMs: durationMs / 2 };
  sound(await generator.run({ kind: 'loop', step, volume: warm, keep: false }), what);
  const before = await used();
  const { steps } = sound(await generator.run({ kind: 'loop', step, volume, keep: false }), what);
  return (((await used()) - before) * 1_000) / steps;
}

/** Each held against the smallest of its curve. */
function relative(lines: Line[]): Line[] {
  const first = new Map<string, Line>();
  return lines.map((line) => {
    const curve = line.measurement.split(':').slice(0, 3).join(':');
    const smallest = first.get(curve) ?? line;
    first.set(curve, smallest);
    const ratio = line.value.median / smallest.value.median;
    const spread = { median: ratio, min: ratio, max: ratio };
    return { ...line, floor: { name: 'the smallest', value: smallest.value, ratio: spread } };
  });
}
