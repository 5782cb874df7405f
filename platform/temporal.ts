import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';

/** Where Temporal is. */
export interface TemporalConfig {
  TEMPORAL_ADDRESS: string;
  TEMPORAL_NAMESPACE: string;
}

/** A client for starting, signalling and asking workflows. */
export interface TemporalClient {
  client: Client;
  close: () => Promise<void>;
}

/** gRPC's own pauses between attempts grow to two minutes, by which an outage would seem longer. */
const channelArgs = {
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
};

/**
 * A client that connects when it is first used and again whenever it must, so that a process starts
 * and goes on while Temporal is away. Calls wait for it; give each a deadline with
 * `client.withDeadline`. Interceptors see what it asks of workflows.
 */
export function connectTemporal(
  config: TemporalConfig,
  workflow: WorkflowClientInterceptor[] = [],
): TemporalClient {
  const connection = Connection.lazy({ address: config.TEMPORAL_ADDRESS, channelArgs });
  return {
    client: new Client({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      interceptors: { workflow },
    }),
    close: () => connection.close(),
  };
}
