import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';

/**
 * Every metric of Leasehold, with what it tells. Labels name kinds, never ids: a label value for each
 * tenant or session would grow without bound.
 */
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics(process: 'api' | 'worker') {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpRequestSeconds: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from a request to its answer, by operation and status.',
      labelNames: ['operation', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      registers,
    }),
    acquires: new Counter({
      name: 'seat_acquires_total',
      help: 'Answers to requests for a seat: granted, attached, queued or the code of the refusal.',
      labelNames: ['outcome'],
      registers,
    }),
    heartbeats: new Counter({
      name: 'heartbeats_total',
      help: 'Answers to heartbeats: renewed, queued, offered, ended or no_pool.',
      labelNames: ['outcome'],
      registers,
    }),
    sessionsEnded: new Counter({
      name: 'sessions_ended_total',
      help: 'Sessions that this process ended in the ledger, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    poolRestores: new Counter({
      name: 'pool_restores_total',
      help: 'Pools built in Redis from the ledger, by outcome: opened (nobody held or waited), restored, overtaken or failed.',
      labelNames: ['outcome'],
      registers,
    }),
    heartbeatSignals: new Counter({
      name: 'heartbeat_signals_total',
      help: 'Heartbeats forwarded to workflows: sent, failed, or dropped because the queue was full.',
      labelNames: ['outcome'],
      registers,
    }),
    outboxOldestSeconds: new Gauge({
      name: 'outbox_oldest_seconds',
      help: 'Age of the oldest message that no workflow has received yet; 0 when there is none.',
      registers,
    }),
    outboxUnsent: new Gauge({
      name: 'outbox_unsent',
      help: 'Messages that no workflow has received yet.',
      registers,
    }),
    outboxSent: new Counter({
      name: 'outbox_sent_total',
      help: 'Messages delivered to workflows.',
      registers,
    }),
    outboxDead: new Counter({
      name: 'outbox_dead_total',
      help: 'Messages that can never be delivered; each needs a person.',
      registers,
    }),
    drift: new Counter({
      name: 'reconciler_repairs_total',
      help: 'Differences between Redis and the ledger that the sweep repaired, by kind.',
      labelNames: ['kind'],
      registers,
    }),
  };
}

/** Serves `/metrics` on its own port, away from the API. */
export async function serveMetrics(
  metrics: Metrics,
  options: { host: string; port: number },
): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    metrics.registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': metrics.registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
