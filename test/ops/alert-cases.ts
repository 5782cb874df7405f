/**
 * What each alert must do. Values are promtool's: `0+2x40` is forty steps of two, `_` is a scrape that
 * brought nothing. A step is as long as the rules' own interval. Time begins at zero.
 */
export interface AlertCase {
  alert: string;
  /** A sentence: what the system does. */
  when: string;
  fires: boolean;
  /** When it is looked at. */
  at: string;
  series: Record<string, string>;
  /** Seconds from one scrape, and one evaluation, to the next. */
  stepSeconds: number;
}

const api = 'job="leasehold-api",instance="api:9464",process="api"';
const worker = 'job="leasehold-worker",instance="worker:9464",process="worker"';

/** Requests of one operation for a day: how many succeed and how many fail in a step. */
function requests(operation: string, succeed: number, fail: number): Record<string, string> {
  const name = 'http_request_duration_seconds_count';
  return {
    [`${name}{${api},operation="${operation}",status="200"}`]: `0+${succeed}x1500`,
    [`${name}{${api},operation="${operation}",status="503"}`]: `0+${fail}x1500`,
  };
}

/** Acquires of which 99 % are answered within the first bound and all within the second. */
function acquiresWithin(mostly: string, all: string): Record<string, string> {
  const bucket = (le: string, values: string) => ({
    [`http_request_duration_seconds_bucket{${api},operation="acquireSession",status="201",le="${le}"}`]:
      values,
  });
  return {
    ...requests('acquireSession', 100, 0),
    ...bucket(mostly, '0+97x100'),
    ...bucket(all, '0+100x100'),
    ...bucket('+Inf', '0+100x100'),
  };
}

const brief = (fail: string, succeed: string) => ({
  [`http_request_duration_seconds_count{${api},operation="acquireSession",status="503"}`]: fail,
  [`http_request_duration_seconds_count{${api},operation="acquireSession",status="201"}`]: succeed,
});

/** A gauge or counter of one process that has these values. */
function one(name: string, values: string, more = '', from = api): Record<string, string> {
  return { [`${name}{${from}${more === '' ? '' : `,${more}`}}`]: values };
}

type Row = readonly [
  when: string,
  fires: boolean,
  at: string,
  series: Readonly<Record<string, string>>,
];

const rows: Record<string, readonly Row[]> = {
  ErrorBudgetBurnsFast: [
    ['1 % of acquires fail', true, '90m', requests('acquireSession', 99, 1)],
    ['0.2 % of heartbeats fail', true, '90m', requests('renewSession', 998, 2)],
    ['0.5 % of acquires fail', false, '90m', requests('acquireSession', 995, 5)],
    [
      'half of all requests fail, but there are only six',
      false,
      '6m',
      brief('0 1 2 3 3x40', '0 1 2 3 3x40'),
    ],
    [
      'it failed for ten minutes, half an hour ago',
      false,
      '40m',
      brief('0+20x10 200x90', '0+100x100'),
    ],
    ['another operation fails', false, '90m', requests('listPlans', 50, 50)],
  ],
  ErrorBudgetBurns: [
    ['0.4 % of acquires fail for hours', true, '7h', requests('acquireSession', 996, 4)],
    ['0.2 % of acquires fail for hours', false, '7h', requests('acquireSession', 998, 2)],
  ],
  ErrorBudgetBurnsSlowly: [
    ['0.2 % of acquires fail all day', true, '24h', requests('acquireSession', 998, 2)],
    ['0.1 % of acquires fail all day', false, '24h', requests('acquireSession', 999, 1)],
  ],
  AcquireIsSlow: [
    ['three acquires in a hundred take 100 ms', true, '20m', acquiresWithin('0.025', '0.1')],
    ['acquires take 25 ms at most', false, '20m', acquiresWithin('0.01', '0.025')],
  ],
  ApiIsDown: [
    ['no API answers', true, '1m', { 'up{job="leasehold-api",instance="api:9464"}': '0x20' }],
    ['no API is known', true, '1m', { 'up{job="leasehold-worker",instance="w"}': '1x20' }],
    [
      'one of two answers',
      false,
      '5m',
      {
        'up{job="leasehold-api",instance="one"}': '0x20',
        'up{job="leasehold-api",instance="two"}': '1x20',
      },
    ],
    ['one scrape fails', false, '4m', { 'up{job="leasehold-api",instance="one"}': '1x8 0 1x20' }],
  ],
  ProcessIsDown: [
    ['a worker is away', true, '6m', { 'up{job="leasehold-worker",instance="one"}': '0x40' }],
    [
      'a worker restarts',
      false,
      '6m',
      { 'up{job="leasehold-worker",instance="one"}': '1x8 0x8 1x40' },
    ],
    ['a stranger is away', false, '6m', { 'up{job="something",instance="one"}': '0x40' }],
  ],
  VersionsDiffer: [
    [
      'two versions run for two hours',
      true,
      '2h',
      {
        ...one('build_info', '1x500', 'version="1.0.0"'),
        ...one('build_info', '1x500', 'version="1.1.0"', worker),
      },
    ],
    [
      'an upgrade takes ten minutes',
      false,
      '2h',
      {
        ...one('build_info', '1x40', 'version="1.0.0"'),
        ...one('build_info', '1x500', 'version="1.1.0"', worker),
      },
    ],
  ],
  RequestsAreShed: [
    ['it goes on', true, '12m', one('http_requests_refused_total', '0+30x80', 'why="load"')],
    ['one client loops', false, '12m', one('http_requests_refused_total', '0+30x80', 'why="rate"')],
  ],
  InvariantViolated: [
    ['one is counted', true, '5m', one('invariant_violations_total', '0x8 1x80', 'invariant="i"')],
    [
      'the first ever is counted',
      true,
      '5m',
      one('invariant_violations_total', '_x8 1x80', 'invariant="i"'),
    ],
    ['none was', false, '5m', one('invariant_violations_total', '0x80', 'invariant="i"')],
    [
      'one was counted three hours ago',
      false,
      '3h',
      one('invariant_violations_total', '0x8 1x900', 'invariant="i"'),
    ],
  ],
  StoresDrift: [
    [
      'every sweep repairs something',
      true,
      '25m',
      one('reconciler_repairs_total', '0+1x120', 'kind="k"', worker),
    ],
    [
      'one sweep repairs a lot',
      false,
      '25m',
      one('reconciler_repairs_total', '0x8 500x120', 'kind="k"', worker),
    ],
  ],
  SweepIsNotRunning: [
    [
      'the last one was long ago',
      true,
      '20m',
      one('sweep_completed_timestamp_seconds', '60x100', '', worker),
    ],
    ['there was none', true, '20m', one('build_info', '1x100')],
    [
      'another worker sweeps now',
      false,
      '20m',
      {
        ...one('sweep_completed_timestamp_seconds', '60x100', '', worker),
        'sweep_completed_timestamp_seconds{instance="other"}': '0+15x100',
      },
    ],
    ['the server has just started', false, '4m', one('build_info', '1x100')],
  ],
  PoolsWereLost: [
    [
      'pools are restored',
      true,
      '5m',
      one('pool_restores_total', '0x8 3x40', 'outcome="restored"'),
    ],
    ['pools are opened', false, '5m', one('pool_restores_total', '0+5x40', 'outcome="opened"')],
  ],
  RestoresFail: [
    [
      'they fail again and again',
      true,
      '6m',
      one('pool_restores_total', '0+1x40', 'outcome="failed"'),
    ],
    ['one fails', false, '6m', one('pool_restores_total', '0x8 1x40', 'outcome="failed"')],
  ],
  HeartbeatSignalsDropped: [
    [
      'most are dropped',
      true,
      '20m',
      one('heartbeat_signals_total', '0+20x100', 'outcome="dropped"'),
    ],
    ['they are sent', false, '20m', one('heartbeat_signals_total', '0+20x100', 'outcome="sent"')],
  ],
  RedisIsDown: [
    ['no API reaches it', true, '1m', one('redis_up', '0x20')],
    ['one API reaches it', false, '2m', { ...one('redis_up', '0x20'), 'redis_up{i="2"}': '1x20' }],
  ],
  RedisMayEvict: [
    ['its policy is another', true, '1m', one('redis_keeps_keys', '0x20')],
    ['its policy is right', false, '1m', one('redis_keeps_keys', '1x20')],
  ],
  RedisKeepsNoFile: [
    ['it writes none', true, '6m', one('redis_append_only', '0x40')],
    ['it writes one', false, '6m', one('redis_append_only', '1x40')],
  ],
  RedisLostItsReplica: [
    ['it had one', true, '20m', one('redis_replicas', '1x20 0x80')],
    ['it never had one', false, '20m', one('redis_replicas', '0x80')],
  ],
  RedisCallsFail: [
    ['calls time out', true, '12m', one('redis_faults_total', '0+2x80', 'kind="timeout"')],
    ['a few fail', false, '12m', one('redis_faults_total', '0x8 5x80', 'kind="timeout"')],
  ],
  ReplicasLagBehind: [
    ['no acquire gets through', true, '9m', one('redis_wait_shortfall_total', '0+3x80')],
    ['one was late', false, '9m', one('redis_wait_shortfall_total', '0x8 1x80')],
  ],
  DatabaseConnectionsExhausted: [
    ['requests wait', true, '4m', one('database_requests_waiting', '3x40', 'role="app"')],
    [
      'some wait for a moment',
      false,
      '4m',
      one('database_requests_waiting', '0x8 9 0x40', 'role="app"'),
    ],
  ],
  EventLoopIsLate: [
    ['it is late all the time', true, '6m', one('nodejs_eventloop_lag_p99_seconds', '0.4x40')],
    ['it is late once', false, '6m', one('nodejs_eventloop_lag_p99_seconds', '0.02x8 2 0.02x40')],
  ],
  OutboxIsOld: [
    ['nothing is delivered', true, '6m', one('outbox_oldest_seconds', '0+15x40', '', worker)],
    [
      'there is a backlog of a minute',
      false,
      '6m',
      one('outbox_oldest_seconds', '60x40', '', worker),
    ],
  ],
  OutboxHasDeadMessages: [
    ['one is dead', true, '10m', one('outbox_dead_total', '0x8 1x40', '', worker)],
    ['none is', false, '10m', one('outbox_dead_total', '0x40', '', worker)],
  ],
  WorkerIsNotPolling: [
    ['no worker is there', true, '5m', one('build_info', '1x40')],
    [
      'the only worker cannot start',
      true,
      '5m',
      one('worker_polling', '0x40', 'kind="activity"', worker),
    ],
    ['one polls', false, '5m', one('worker_polling', '1x40', 'kind="activity"', worker)],
  ],
  DelegateRunsOut: [
    ['five hours are left', true, '8m', one('signing_delegate_seconds_left', '18000-15x80')],
    ['there is none', true, '8m', one('signing_delegate_seconds_left', '0x80', '', worker)],
    ['ten hours are left', false, '8m', one('signing_delegate_seconds_left', '36000-15x80')],
    [
      'a process has just started',
      false,
      '4m',
      one('signing_delegate_seconds_left', '0x4 86000x80'),
    ],
  ],
  RootIsUnusable: [
    ['it is disabled', true, '12m', one('root_usable', '1 0x80', '', worker)],
    ['it signs', false, '12m', one('root_usable', '1x80', '', worker)],
    ['nothing is signed', false, '12m', {}],
  ],
  RootIsOld: [
    ['for 98 days', true, '70m', one('root_active_timestamp_seconds', '-8467200x300', '', worker)],
    ['for 95 days', false, '70m', one('root_active_timestamp_seconds', '-8208000x300', '', worker)],
  ],
  RevocationListIsOverdue: [
    ['nobody has made it', true, '40m', one('revocations_next_update_timestamp_seconds', '60x300')],
    [
      'it is still good for a day',
      false,
      '40m',
      one('revocations_next_update_timestamp_seconds', '86400x300'),
    ],
  ],
  RevocationListIsNearlyFull: [
    [
      'there is room for a few more',
      true,
      '10m',
      one('revocation_list_fullness_ratio', '0.85x80', '', worker),
    ],
    [
      'half of it is free',
      false,
      '10m',
      one('revocation_list_fullness_ratio', '0.5x80', '', worker),
    ],
  ],
  WorkersAreFull: [
    [
      'all slots are taken',
      true,
      '12m',
      {
        ...one('worker_tasks', '100x80', 'kind="activity"', worker),
        ...one('worker_tasks_max', '100x80', 'kind="activity"', worker),
      },
    ],
    [
      'half of them are',
      false,
      '12m',
      {
        ...one('worker_tasks', '50x80', 'kind="activity"', worker),
        ...one('worker_tasks_max', '100x80', 'kind="activity"', worker),
      },
    ],
  ],
};

export const alertCases: AlertCase[] = Object.entries(rows).flatMap(([alert, cases]) =>
  cases.map(([when, fires, at, series]) => ({
    ...{ alert, when, fires, at, series },
    stepSeconds: alert.startsWith('ErrorBudget') ? 60 : 15,
  })),
);
