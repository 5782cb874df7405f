/** The panels of the dashboard, row by row: what somebody looks at, in the order of looking. */
export interface Panel {
  title: string;
  /** What the picture means and when it is bad. */
  description: string;
  unit: 'short' | 's' | 'reqps' | 'percentunit' | 'bytes' | 'cps';
  kind?: 'timeseries' | 'stat';
  /** Legend and expression of each line. */
  lines: readonly (readonly [legend: string, expr: string])[];
}

const served = '{operation=~"acquireSession|renewSession|releaseSession"}';
const rateOf = (metric: string, by: string) => `sum by (${by}) (rate(${metric}[5m]))`;

export const rows: readonly { title: string; panels: readonly Panel[] }[] = [
  {
    title: 'What customers see',
    panels: [
      {
        title: 'Failures',
        description: 'Share of answers with 5xx. The budgets are 0.05, 0.01 and 0.1 %.',
        unit: 'percentunit',
        lines: [['{{operation}}', `leasehold:failure_ratio:5m${served}`]],
      },
      {
        title: 'Time of 99 in 100 answers',
        description: 'An acquire should take 50 ms at most.',
        unit: 's',
        lines: [['{{operation}}', `leasehold:request_seconds_p99:5m${served}`]],
      },
      {
        title: 'Requests',
        description: 'All operations, and what was turned away before any work.',
        unit: 'reqps',
        lines: [
          ['{{operation}}', 'leasehold:requests:rate5m'],
          ['refused: {{why}}', rateOf('http_requests_refused_total', 'why')],
        ],
      },
      {
        title: 'Answers to acquires',
        description:
          'Refusals are answers: many of no_seats_available mean too few seats. An error is none: a store is away.',
        unit: 'cps',
        lines: [['{{outcome}}', rateOf('seat_acquires_total', 'outcome')]],
      },
    ],
  },
  {
    title: 'Seats',
    panels: [
      {
        title: 'Seats',
        description: 'Over all pools in use, as the last sweep counted them.',
        unit: 'short',
        lines: [
          ['held', 'max(seats_live)'],
          ['limit', 'max(seats_limit)'],
          ['waiting', 'max(queue_depth)'],
          ['devices with offline rights', 'max(offline_rights_live)'],
          ['online-only grants an hour', 'sum(increase(seat_online_only_total[1h]))'],
        ],
      },
      {
        title: 'Wait for a seat',
        description: 'Of those who got one from the queue.',
        unit: 's',
        lines: [
          ['half', 'histogram_quantile(0.5, sum by (le) (rate(queue_wait_seconds_bucket[30m])))'],
          [
            '9 in 10',
            'histogram_quantile(0.9, sum by (le) (rate(queue_wait_seconds_bucket[30m])))',
          ],
        ],
      },
      {
        title: 'Heartbeats',
        description: 'ended means that a client was told to stop.',
        unit: 'cps',
        lines: [['{{outcome}}', rateOf('heartbeats_total', 'outcome')]],
      },
      {
        title: 'Ends of sessions',
        description: 'lapsed: the program died or was cut off.',
        unit: 'cps',
        lines: [['{{reason}}', rateOf('sessions_ended_total', 'reason')]],
      },
    ],
  },
  {
    title: 'Promises',
    panels: [
      {
        title: 'Broken promises',
        description: 'Must be 0.',
        unit: 'short',
        kind: 'stat',
        lines: [['{{invariant}}', 'sum by (invariant) (invariant_violations_total)']],
      },
      {
        title: 'Differences that sweeps found and repaired',
        description: 'A few after a crash are expected; steady ones are a fault.',
        unit: 'short',
        lines: [
          ['found: {{kind}}', 'max by (kind) (reconciler_drift)'],
          ['repaired in 5 min: {{kind}}', 'sum by (kind) (increase(reconciler_repairs_total[5m]))'],
        ],
      },
      {
        title: 'Pools built from the ledger',
        description: 'restored: Redis had lost the pool. opened: its first use.',
        unit: 'cps',
        lines: [['{{outcome}}', rateOf('pool_restores_total', 'outcome')]],
      },
      {
        title: 'Since the last sweep, and the newest epoch',
        description: 'A sweep runs every minute. Epochs follow the clock and only rise.',
        unit: 's',
        kind: 'stat',
        lines: [
          ['sweep', 'time() - max(sweep_completed_timestamp_seconds)'],
          ['epoch', 'time() - max(pool_epoch_newest)'],
        ],
      },
    ],
  },
  {
    title: 'Redis and Postgres',
    panels: [
      {
        title: 'Redis',
        description:
          'Up, writes a file, never evicts: each must be 1. Replicas as many as are set up.',
        unit: 'short',
        kind: 'stat',
        lines: [
          ['up', 'min(redis_up)'],
          ['append-only file', 'min(redis_append_only)'],
          ['never evicts', 'min(redis_keeps_keys)'],
          ['replicas', 'min(redis_replicas)'],
        ],
      },
      {
        title: 'Memory of Redis',
        description: 'About 1 KB a session.',
        unit: 'bytes',
        lines: [['used', 'max(redis_memory_bytes)']],
      },
      {
        title: 'Calls of scripts that failed',
        description:
          'timeout: Redis stalls. connection: it is away. refused: it is full or read-only.',
        unit: 'cps',
        lines: [
          ['{{kind}}', rateOf('redis_faults_total', 'kind')],
          ['too few replicas', 'sum(rate(redis_wait_shortfall_total[5m]))'],
        ],
      },
      {
        title: 'Connections to Postgres',
        description: 'Requests that wait for one mean too few, or a slow Postgres.',
        unit: 'short',
        lines: [
          [
            '{{process}} {{role}} {{state}}',
            'sum by (process, role, state) (database_connections)',
          ],
          ['{{process}} {{role}} most', 'sum by (process, role) (database_connections_max)'],
          ['{{process}} {{role}} waiting', 'sum by (process, role) (database_requests_waiting)'],
        ],
      },
    ],
  },
  {
    title: 'Workflows',
    panels: [
      {
        title: 'Oldest message',
        description: 'Rises while Temporal or every worker is away.',
        unit: 's',
        lines: [['age', 'max(outbox_oldest_seconds)']],
      },
      {
        title: 'Messages',
        description: 'Waiting, delivered a second, and never to be delivered.',
        unit: 'short',
        lines: [
          ['waiting', 'max(outbox_unsent)'],
          ['delivered', 'sum(rate(outbox_sent_total[5m]))'],
          ['dead', 'sum(outbox_dead_total)'],
        ],
      },
      {
        title: 'Heartbeats told to workflows',
        description: 'A lost one costs its workflow a look at Redis.',
        unit: 'short',
        lines: [
          ['{{outcome}}', rateOf('heartbeat_signals_total', 'outcome')],
          [
            'seconds, 99 in 100',
            'histogram_quantile(0.99, sum by (le) (rate(heartbeat_signal_duration_seconds_bucket[5m])))',
          ],
        ],
      },
      {
        title: 'Workers',
        description:
          'Tasks of each kind as a share of what may run, and whether anybody asks for them.',
        unit: 'percentunit',
        lines: [
          ['{{kind}}', 'sum by (kind) (worker_tasks) / sum by (kind) (worker_tasks_max)'],
          ['{{kind}} polled', 'max by (kind) (worker_polling)'],
        ],
      },
    ],
  },
  {
    title: 'Signing',
    panels: [
      {
        title: 'Calls of Cloud KMS in an hour',
        description: 'Two or three. corrupted, unfit or refused: look at once.',
        unit: 'short',
        lines: [
          ['{{method}} {{outcome}}', 'sum by (method, outcome) (increase(kms_calls_total[1h]))'],
        ],
      },
      {
        title: 'Cloud KMS is not asked',
        description: '1 while calls fail at once because it was away.',
        unit: 'short',
        kind: 'stat',
        lines: [['{{instance}}', 'kms_breaker_open']],
      },
      {
        title: 'Time left to sign with the delegate',
        description: 'Never below half a day while it is renewed; at 0 nothing is signed.',
        unit: 's',
        lines: [['{{instance}}', 'signing_delegate_seconds_left']],
      },
      {
        title: 'Tokens signed',
        description:
          'By the delegate, in memory: leases when they move, denials with each refusal.',
        unit: 'cps',
        lines: [['{{kind}}', rateOf('signing_tokens_total', 'kind')]],
      },
    ],
  },
  {
    title: 'Keys and lists',
    panels: [
      {
        title: 'Age of the root',
        description: 'It is followed by the next one after 90 days.',
        unit: 's',
        lines: [['active', 'time() - max(root_active_timestamp_seconds)']],
      },
      {
        title: 'The root signs',
        description: '0 while Cloud KMS would not sign with it and no next one has taken over.',
        unit: 'short',
        kind: 'stat',
        lines: [['root', 'max(root_usable)']],
      },
      {
        title: 'Until the next list of what is revoked',
        description: 'One is made a day; below a day it is late.',
        unit: 's',
        lines: [['next', 'max(revocations_next_update_timestamp_seconds) - time()']],
      },
      {
        title: 'The list of what is revoked is full',
        description: 'By its fullest kind. What it has no room for cannot be revoked.',
        unit: 'percentunit',
        lines: [['full', 'max(revocation_list_fullness_ratio)']],
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'Versions',
        description: 'More than one outside of an upgrade is a mistake.',
        unit: 'short',
        kind: 'stat',
        lines: [['{{version}} on {{node}}', 'count by (version, node) (build_info)']],
      },
      {
        title: 'Lag of the event loop',
        description: 'What a request waits for the requests before it.',
        unit: 's',
        lines: [['{{instance}}', 'nodejs_eventloop_lag_p99_seconds']],
      },
      {
        title: 'Processor',
        description: 'Seconds a second.',
        unit: 'short',
        lines: [['{{instance}}', 'rate(process_cpu_seconds_total[5m])']],
      },
      {
        title: 'Memory',
        description: 'Of each process; workflows in the cache of a worker take 58 KB each.',
        unit: 'bytes',
        lines: [
          ['{{instance}}', 'process_resident_memory_bytes'],
          ['{{instance}} cached workflows × 58 KB', 'worker_cached_workflows * 58000'],
        ],
      },
    ],
  },
];
