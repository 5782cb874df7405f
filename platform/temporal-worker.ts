/** Apart from `temporal.ts`: the SDK's native core costs memory that a process without a worker saves. */
import { NativeConnection } from '@temporalio/worker';
import type { TemporalConfig } from './temporal.ts';

/**
 * The connection that a worker polls through.
 *
 * @throws Error when Temporal does not answer now; once connected it reconnects by itself.
 */
export function connectTemporalWorker(config: TemporalConfig): Promise<NativeConnection> {
  return NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
}
