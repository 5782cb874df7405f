/**
 * Traces: what one request brought about, from the API through the outbox into its workflow's
 * activities, sent to a collector by OTLP. The only file that knows OpenTelemetry. Off unless a
 * collector is configured: then nothing of the SDK is loaded, and each function here costs one look at a
 * variable. Whatever goes wrong with a trace is logged, and no request, message or activity fails by it.
 *
 * A trace begins at a request of our API. What strangers send as their own trace is not taken over: it
 * would let them choose ids, and how much is traced.
 */
import {
  SpanKind,
  SpanStatusCode,
  context,
  diag,
  DiagLogLevel,
  propagation,
  trace,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { Context as ActivityContext } from '@temporalio/activity';
import type { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';

type TracingConfig = Pick<Config, 'OTEL_EXPORTER_OTLP_ENDPOINT' | 'OTEL_TRACES_SAMPLER_ARG'>;

/** A process's tracing. `close` sends what is left, 5 s at most. */
export interface Tracing {
  temporalClient: WorkflowClientInterceptor;
  temporalActivity: (activity: ActivityContext) => {
    inbound: OpenTelemetryActivityInboundInterceptor;
  };
  close: () => Promise<void>;
}

let tracer: Tracer | null = null;

/** Spans that wait to be sent; more are dropped. */
const queueMax = 2_048;
const exportMs = 5_000;

/**
 * Begins to trace in this process; null when no collector is configured. The API begins traces, for the
 * configured share of requests; a worker begins none, it continues those that messages carry.
 */
export async function startTracing(
  config: TracingConfig,
  { process, log }: { process: 'api' | 'worker'; log: Logger },
): Promise<Tracing | null> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return null;
  const sdk = await import('@opentelemetry/sdk-trace-base');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks');
  const { W3CTraceContextPropagator } = await import('@opentelemetry/core');
  const { Resource } = await import('@opentelemetry/resources');
  const temporal = await import('@temporalio/interceptors-opentelemetry');
  const warn = (message: string) => {
    log.warn({ reason: message.slice(0, 500) }, 'Traces are not sent');
  };
  diag.setLogger(
    { ...{ error: warn, warn, info: ignore }, ...{ debug: ignore, verbose: ignore } },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const url = new URL('v1/traces', endpoint.replace(/\/*$/, '/')).href;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportMs });
  const provider = new sdk.BasicTracerProvider({
    resource: new Resource({ 'service.name': `leasehold-${process}` }),
    sampler: new sdk.ParentBasedSampler({
      root:
        process === 'api'
          ? new sdk.TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLER_ARG)
          : new sdk.AlwaysOffSampler(),
    }),
    spanProcessors: [
      new sdk.BatchSpanProcessor(exporter, {
        ...{ maxQueueSize: queueMax, scheduledDelayMillis: 1_000, exportTimeoutMillis: exportMs },
      }),
    ],
  });
  provider.register({
    contextManager: new AsyncLocalStorageContextManager().enable(),
    propagator: new W3CTraceContextPropagator(),
  });
  const own = provider.getTracer('leasehold');
  tracer = own;
  return {
    temporalClient: new temporal.OpenTelemetryWorkflowClientInterceptor({ tracer: own }),
    temporalActivity: (activity) => ({
      inbound: new temporal.OpenTelemetryActivityInboundInterceptor(activity, { tracer: own }),
    }),
    close: async () => {
      tracer = null;
      await provider.shutdown().catch((error: unknown) => {
        warn(String(error));
      });
    },
  };
}

/** Whether requests are traced in this process. */
export function isTracing(): boolean {
  return tracer !== null;
}

/** Does the work as the root of a new trace; merely does it when nothing is traced. */
export function traceRequest<T>(name: string, work: () => Promise<T>): Promise<T> {
  return inSpan({ name, kind: SpanKind.SERVER, parent: context.active() }, work);
}

/** Does the work as a part of the trace that a message carries; merely does it when it carries none. */
export function continueTrace<T>(
  { name, traceparent }: { name: string; traceparent: string | undefined },
  work: () => Promise<T>,
): Promise<T> {
  if (traceparent === undefined) return work();
  const parent = propagation.extract(context.active(), { traceparent });
  return inSpan({ name, kind: SpanKind.CONSUMER, parent }, work);
}

/** The present trace as a message carries it; undefined when nothing is traced. */
export function presentTraceparent(): string | undefined {
  if (tracer === null) return undefined;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** The id of the present trace; undefined when nothing is traced, or this is not. */
export function presentTraceId(): string | undefined {
  if (tracer === null) return undefined;
  const span = trace.getActiveSpan();
  return span?.isRecording() === true ? span.spanContext().traceId : undefined;
}

function inSpan<T>(
  { name, kind, parent }: { name: string; kind: SpanKind; parent: Context },
  work: () => Promise<T>,
): Promise<T> {
  if (tracer === null) return work();
  return tracer.startActiveSpan(name, { kind }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: String(error).slice(0, 200) });
      throw error;
    } finally {
      span.end();
    }
  });
}

function ignore(): void {}
