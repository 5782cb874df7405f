import { readFileSync } from 'node:fs';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { sharedWhileRunning } from './shared-while-running.ts';

/**
 * Every metric of Leasehold, with what it tells. Labels name kinds, never ids: a label value for each
 * tenant or session would grow without bound. Counting costs 0.1 µs, timing a request 0.5 µs; binding a
 * label's value beforehand would save a hundredth of that.
 */
export type Metrics = ReturnType<typeof createMetrics>;

/** Sets gauges to how things are at this moment. */
type Look = () => void | Promise<void>;

export function createMetrics(process: 'api' | 'worker') {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const make = makers(registry);
  const metrics = {
    registry,
    ...requestMetrics(make),
    ...seatMetrics(make),
    ...outboxMetrics(make),
    ...sweepMetrics(make),
    ...storeMetrics(make),
    ...workerMetrics(make),
    ...kmsMetrics(make),
    ...signingMetrics(make),
  };
  const looks: Look[] = [() => metrics.forgetOldSweep()];
  // A counter that begins with its first fault would show no increase.
  for (const invariant of ['over_limit', 'fence_repeated']) {
    metrics.invariantViolations.inc({ invariant }, 0);
  }
  for (const kind of ['timeout', 'connection', 'refused']) metrics.redisFaults.inc({ kind }, 0);
  metrics.buildInfo.set({ version: readVersion(), node: globalThis.process.version }, 1);
  return {
    ...metrics,
    /** Has `look` called before each scrape. It sets gauges; when it fails, it leaves them unset. */
    onScrape(look: Look): void {
      looks.push(look);
    },
    /** Has each scrape tell how busy the connections of one role are. */
    watchConnections(
      role: string,
      count: () => Record<'idle' | 'busy' | 'max' | 'waiting', number>,
    ) {
      looks.push(() => {
        const { idle, busy, max, waiting } = count();
        metrics.databaseConnections.set({ role, state: 'idle' }, idle);
        metrics.databaseConnections.set({ role, state: 'busy' }, busy);
        metrics.databaseConnectionsMax.set({ role }, max);
        metrics.databaseWaiting.set({ role }, waiting);
      });
    },
    /** The text that Prometheus reads. Who asks while it is being made gets the same one. */
    render: sharedWhileRunning(async () => {
      await Promise.allSettled(looks.map(async (look) => look()));
      return registry.metrics();
    }),
  };
}

type Make = ReturnType<typeof makers>;

function makers(registry: Registry) {
  const registers = [registry];
  return {
    counter: <Label extends string = never>(name: string, help: string, labels: Label[] = []) =>
      new Counter({ name, help, labelNames: labels, registers }),
    /** Has no sample until it is set: nothing known is not the same as none. */
    gauge: <Label extends string = never>(name: string, help: string, labels: Label[] = []) => {
      const gauge = new Gauge({ name, help, labelNames: labels, registers });
      if (labels.length === 0) gauge.remove();
      return gauge;
    },
    histogram: <Label extends string = never>(
      name: string,
      help: string,
      { labels = [], buckets }: { labels?: Label[]; buckets: number[] },
    ) => new Histogram({ name, help, labelNames: labels, buckets, registers }),
  };
}

function requestMetrics({ counter, histogram, gauge }: Make) {
  return {
    httpRequestSeconds: histogram(
      'http_request_duration_seconds',
      'Time from a request to its answer, by operation and status; aborted where the caller did not wait for it.',
      {
        labels: ['operation', 'status'],
        buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      },
    ),
    requestsRefused: counter(
      'http_requests_refused_total',
      'Requests turned away before any work, by kind of traffic and why: rate, address or load.',
      ['traffic', 'why'],
    ),
    buildInfo: gauge('build_info', 'Always 1; its labels say what runs.', ['version', 'node']),
  };
}

function seatMetrics({ counter, gauge, histogram }: Make) {
  const poolEpoch = gauge(
    'pool_epoch_newest',
    'Highest epoch that this process gave to a pool when it built it.',
  );
  let newestEpoch = 0;
  return {
    acquires: counter(
      'seat_acquires_total',
      'Answers to requests for a seat: granted, attached, queued, the code of the refusal, or error: it came to nothing.',
      ['outcome'],
    ),
    onlineOnlyGrants: counter(
      'seat_online_only_total',
      'Seats granted without offline rights: as many devices had them as the license allows.',
    ),
    queueWaitSeconds: histogram(
      'queue_wait_seconds',
      'How long those waited who then got a seat from the queue.',
      { buckets: [1, 5, 15, 60, 300, 900, 3_600, 14_400, 28_800] },
    ),
    heartbeats: counter(
      'heartbeats_total',
      'Answers to heartbeats: renewed, queued, offered, ended or no_pool.',
      ['outcome'],
    ),
    heartbeatSignals: counter(
      'heartbeat_signals_total',
      'Heartbeats forwarded to workflows: sent, failed, or dropped because the queue was full.',
      ['outcome'],
    ),
    heartbeatSignalSeconds: histogram(
      'heartbeat_signal_duration_seconds',
      'Time from a heartbeat to its workflow having taken the signal.',
      { buckets: [0.01, 0.05, 0.1, 0.5, 1, 2, 5, 15, 60] },
    ),
    sessionsEnded: counter(
      'sessions_ended_total',
      'Sessions that this process ended in the ledger, by reason.',
      ['reason'],
    ),
    poolRestores: counter(
      'pool_restores_total',
      'Pools built in Redis from the ledger, by outcome: opened (nobody held or waited), restored, overtaken or failed.',
      ['outcome'],
    ),
    poolEpoch,
    /** Tells the epoch of a pool that was built. */
    epochRaised(epoch: number): void {
      newestEpoch = Math.max(newestEpoch, epoch);
      poolEpoch.set(newestEpoch);
    },
    invariantViolations: counter(
      'invariant_violations_total',
      'Promises found broken: over_limit (a grant beyond the seats) or fence_repeated.',
      ['invariant'],
    ),
  };
}

function outboxMetrics({ counter, gauge }: Make) {
  return {
    outboxOldestSeconds: gauge(
      'outbox_oldest_seconds',
      'Age of the oldest message that no workflow has received yet; 0 when there is none.',
    ),
    outboxUnsent: gauge('outbox_unsent', 'Messages that no workflow has received yet.'),
    outboxSent: counter('outbox_sent_total', 'Messages delivered to workflows.'),
    outboxDead: counter(
      'outbox_dead_total',
      'Messages that can never be delivered; each needs a person.',
    ),
  };
}

/** Two sweeps that were missed. */
const sweepCountsForMs = 180_000;

type SweepTotals = Partial<Record<'held' | 'limit' | 'waiting' | 'rights', number>>;

function sweepMetrics({ counter, gauge }: Make) {
  const seatsLive = gauge(
    'seats_live',
    'Seats and offers that pools held at the last sweep, all together.',
  );
  const seatsLimit = gauge('seats_limit', 'Seats of the pools that had any session at that sweep.');
  const offlineRights = gauge(
    'offline_rights_live',
    'Devices that had offline rights at that sweep.',
  );
  const queueDepth = gauge('queue_depth', 'Sessions that waited for a seat at that sweep.');
  const driftFound = gauge(
    'reconciler_drift',
    'Differences between Redis, the ledger and the workflows that the last sweep found, by kind.',
    ['kind'],
  );
  const totals = [seatsLive, seatsLimit, queueDepth, offlineRights];
  let countedAt = 0;
  const sweepCompleted = gauge(
    'sweep_completed_timestamp_seconds',
    'When this worker last completed a sweep over all pools, in unix seconds.',
  );
  return {
    drift: counter(
      'reconciler_repairs_total',
      'Differences between Redis, the ledger and the workflows that the sweep repaired, by kind.',
      ['kind'],
    ),
    driftFound,
    ...{ seatsLive, seatsLimit, queueDepth, offlineRights, sweepCompleted },
    /** Tells what a sweep over all pools counted, when it is complete. */
    sweepCounted(
      { held = 0, limit = 0, waiting = 0, rights = 0 }: SweepTotals,
      drift: Readonly<Record<string, number>> = {},
    ): void {
      for (const [kind, count] of Object.entries(drift)) driftFound.set({ kind }, count);
      seatsLive.set(held);
      seatsLimit.set(limit);
      queueDepth.set(waiting);
      offlineRights.set(rights);
      sweepCompleted.setToCurrentTime();
      countedAt = Date.now();
    },
    /** Another worker sweeps now: what this one counted is no longer so. */
    forgetOldSweep(): void {
      if (Date.now() - countedAt > sweepCountsForMs) {
        for (const gauge of totals) gauge.remove();
        driftFound.reset();
      }
    },
  };
}

function storeMetrics({ counter, gauge }: Make) {
  return {
    databaseConnections: gauge(
      'database_connections',
      'Connections to Postgres that are open, by role of Leasehold and whether a query has them.',
      ['role', 'state'],
    ),
    databaseConnectionsMax: gauge(
      'database_connections_max',
      'Connections to Postgres that may be open.',
      ['role'],
    ),
    databaseWaiting: gauge(
      'database_requests_waiting',
      'Requests of this process that wait for a connection to Postgres.',
      ['role'],
    ),
    redisFaults: counter(
      'redis_faults_total',
      'Calls of seat scripts that failed: timeout, connection, or refused by Redis.',
      ['kind'],
    ),
    redisWaitShortfalls: counter(
      'redis_wait_shortfall_total',
      'Seats that too few replicas of Redis had in time; their callers were told to ask again.',
    ),
    redisUp: gauge('redis_up', 'Whether Redis answered at this scrape.'),
    redisAppendOnly: gauge('redis_append_only', 'Whether Redis writes an append-only file.'),
    redisKeepsKeys: gauge('redis_keeps_keys', 'Whether Redis is set never to evict a key.'),
    redisReplicas: gauge('redis_replicas', 'Replicas that are connected to this Redis.'),
    redisMemoryBytes: gauge('redis_memory_bytes', 'Memory that Redis uses.'),
  };
}

function workerMetrics({ gauge }: Make) {
  return {
    workerPolling: gauge(
      'worker_polling',
      'Whether this worker asks Temporal for tasks, by kind: 0 while it cannot be started.',
      ['kind'],
    ),
    workerTasks: gauge(
      'worker_tasks',
      'Tasks that this worker runs at this moment, by kind: workflow, activity, local_activity.',
      ['kind'],
    ),
    workerTasksMax: gauge('worker_tasks_max', 'Tasks of a kind that it runs at most.', ['kind']),
    workerCachedWorkflows: gauge('worker_cached_workflows', 'Workflows kept in its memory.'),
  };
}

function kmsMetrics({ counter, gauge }: Make) {
  return {
    kmsCalls: counter(
      'kms_calls_total',
      'Calls of Cloud KMS, by method and outcome: answered, corrupted (discarded), unfit, refused, away or not_asked.',
      ['method', 'outcome'],
    ),
    kmsBreakerOpen: gauge(
      'kms_breaker_open',
      'Whether calls of Cloud KMS fail at once because it was away; absent where nothing is signed.',
    ),
    rootUsable: gauge(
      'root_usable',
      'Whether Cloud KMS signed with the active root when it was looked at last; absent where nothing is signed.',
    ),
    rootActiveTimestamp: gauge(
      'root_active_timestamp_seconds',
      'Since when the active root signs, in unix seconds.',
    ),
    revocationsNextUpdate: gauge(
      'revocations_next_update_timestamp_seconds',
      'When there is to be a newer list of what is revoked, in unix seconds; absent before the first.',
    ),
    revocationListFullness: gauge(
      'revocation_list_fullness_ratio',
      'How full the list of what is revoked was when one was last due, by its fullest kind; at 1 nothing more of it can be revoked.',
    ),
  };
}

function signingMetrics({ counter, gauge }: Make) {
  return {
    delegateSecondsLeft: gauge(
      'signing_delegate_seconds_left',
      'How long this process may still sign with the delegate that it has; 0 without one, absent where nothing is signed.',
    ),
    tokensSigned: counter(
      'signing_tokens_total',
      'Tokens that this process signed with its delegate, by kind: lease or denial.',
      ['kind'],
    ),
  };
}

function readVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
