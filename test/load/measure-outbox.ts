/** What Temporal must follow: a burst of acquires, and many sessions that live. With a worker. */
import { setTimeout as delay } from 'node:timers/promises';
import { sound, type Bench } from './bench.ts';
import { single, type Line } from './figures.ts';
import { givenLicense } from './licenses.ts';
import { holdSeats } from './measure-seats.ts';
import { openStores, type Stores } from './stores.ts';
import { memoryOf } from './usage.ts';

const seats = 100_000;
const pollMs = 250;
const mib = 2 ** 20;

export async function measureBurst(bench: Bench): Promise<Line[]> {
  const { world, generator, extent } = bench;
  const license = await givenLicense(world, { seats });
  const followed = await world.startWorker();
  const stores = openStores(world);
  await holdSeats(bench, license, extent.connections);
  const { perSecond, durationMs, drainMaxMs } = extent.burst;
  const door = { port: world.api.port, licenseKey: license.licenseKey };
  const job = { kind: 'burst', door, perSecond, durationMs, connections: 50 } as const;
  const result = sound(await generator.run(job), 'burst');
  const left = await stores.unsentMessages();
  bench.progress(`burst: ${result.steps} acquires; ${left} messages are still to be sent`);
  const drained = await drain(bench, stores, drainMaxMs);
  await stores.close();
  await followed.stop();
  const what = `${perSecond} acquires/s for ${durationMs / 1_000} s`;
  const line = (
    name: string,
    unit: string,
    value: number,
    more: Pick<Line, 'target' | 'note'> = {},
  ) => single({ measurement: 'burst', what: `${what}: ${name}`, unit, value, ...more });
  return [
    line('answered', '/s', result.steps / result.seconds),
    line('p50', 'ms', result.p50Ms),
    line('p99', 'ms', result.p99Ms, { target: '< 100' }),
    line('messages unsent at its end', '', left),
    line('outbox drained after', 's', drained.seconds, {
      ...(drained.left > 0 ? { note: `${drained.left} were still unsent: stopped waiting` } : {}),
    }),
    line('messages sent meanwhile', '/s', (left - drained.left) / drained.seconds),
  ];
}

export async function measureLive(bench: Bench): Promise<Line[]> {
  const { world, generator, extent } = bench;
  const { sessions: count, durationMs } = extent.live;
  const license = await givenLicense(world, { seats });
  const followed = await world.startWorker();
  const stores = openStores(world);
  await holdSeats(bench, license, extent.connections);
  const memory = async () => ({
    api: await memoryOf(world.api.pid),
    worker: await memoryOf(followed.worker.pid),
    Redis: await stores.redisMemory(),
  });
  const before = await memory();
  const sessions = await holdSeats(bench, license, count);
  bench.progress(`live: ${count} sessions hold seats; Temporal catches up`);
  const drained = await drain(bench, stores, extent.burst.drainMaxMs * 2);
  bench.progress(`live: they beat for ${durationMs / 1_000} s`);
  const atStart = await metricsOf(world.api.metricsPort);
  const everyMs = license.policyConfig.heartbeatMs;
  const result = sound(
    await generator.run({
      ...{ kind: 'hold', port: world.api.port, sessions, everyMs, durationMs },
      connections: extent.connections,
    }),
    'heartbeats of live sessions',
  );
  const after = await memory();
  // Asked for once: what it says of the event loop begins anew with every look.
  const atEnd = await metricsOf(world.api.metricsPort);
  const unsent = await stores.unsentMessages();
  await stores.close();
  await followed.stop();
  const line = (
    name: string,
    unit: string,
    value: number,
    more: Pick<Line, 'target' | 'note'> = {},
  ) =>
    single({ measurement: 'live', what: `${count} live sessions: ${name}`, unit, value, ...more });
  const total = after.api + after.worker + after.Redis;
  return [
    line('Temporal follows all after', 's', drained.seconds),
    line('heartbeats', '/s', result.steps / result.seconds),
    line('heartbeat p50', 'ms', result.p50Ms),
    line('heartbeat p99', 'ms', result.p99Ms),
    line('signals to workflows', '/s', (signalsIn(atEnd) - signalsIn(atStart)) / result.seconds),
    line('event loop lag of the API, p99', 'ms', eventLoopLagIn(atEnd)),
    line('messages unsent at the end', '', unsent),
    line('memory of API, worker and Redis', 'MiB', total / mib, { target: '< 1,024' }),
    ...(['api', 'worker', 'Redis'] as const).map((part) =>
      line(`memory of ${part}`, 'MiB', after[part] / mib, {
        note: `${Math.round((after[part] - before[part]) / 102.4 / count) / 10} KiB a session`,
      }),
    ),
  ];
}

/** Waits until every message is sent, or no longer. */
async function drain({ progress }: Bench, stores: Stores, withinMs: number) {
  const startedAt = performance.now();
  let left = await stores.unsentMessages();
  for (let told = startedAt; left > 0 && performance.now() - startedAt < withinMs;) {
    await delay(pollMs);
    left = await stores.unsentMessages();
    if (performance.now() - told < 10_000) continue;
    told = performance.now();
    progress(`${left} messages are still to be sent`);
  }
  return { left, seconds: (performance.now() - startedAt) / 1_000 };
}

async function metricsOf(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, {
    signal: AbortSignal.timeout(10_000),
  });
  return answer.text();
}

function signalsIn(metrics: string): number {
  const line = /^heartbeat_signals_total\{[^}]*outcome="sent"[^}]*\} (\d+)/m;
  return Number(line.exec(metrics)?.[1] ?? 0);
}

/** Since the look before, in milliseconds. */
function eventLoopLagIn(metrics: string): number {
  const line = /^nodejs_eventloop_lag_p99_seconds(?:\{[^}]*\})? (\S+)/m;
  return Number(line.exec(metrics)?.[1] ?? NaN) * 1_000;
}
