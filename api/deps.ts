import type { PoolChanges } from '../lua/pool-changes.ts';
import type { Admission } from '../platform/admission.ts';
import type { Config } from '../platform/config.ts';
import type { RateLimits } from '../platform/rate-limits.ts';
import type { Strangers } from '../platform/strangers.ts';
import type { Deps } from '../services/deps.ts';
import type { HeartbeatForwarder } from '../services/forward-heartbeat.ts';
import type { KeySet } from '../services/key-set.ts';

/** What the operations of the API work with. */
export interface ApiDeps extends Deps {
  config: Pick<Config, 'PUBLIC_URL' | 'SESSION_CREDENTIAL_SECRETS' | 'TRUSTED_PROXIES'>;
  admission: Admission;
  rateLimits: RateLimits;
  strangers: Strangers;
  keySet: KeySet;
  changes: PoolChanges;
  forwarder: HeartbeatForwarder;
  /** Aborts when the process is asked to stop, so that nobody waits on it any longer. */
  stopping: AbortSignal;
  /** Whether each part that the API needs answers at this moment; for readiness. */
  probes: Record<'postgres' | 'redis' | 'server', () => Promise<void>>;
}
