import { z } from 'zod';
import type { PoolConfig } from '../domain/seat.ts';

/** Longer times than this are a mistake of unit, and would outlive what Redis collects as garbage. */
const dayMs = 24 * 60 * 60 * 1000;
const count = z.int().min(0).max(1_000_000);
const duration = z
  .int()
  .min(0)
  .max(30 * dayMs);

const fields = {
  version: z.int().min(0),
  limit: count,
  overdraft: count,
  status: z.enum(['open', 'suspended', 'revoked']),
  validUntil: z.int().min(0).nullable(),
  leaseMs: duration.min(1),
  heartbeatMs: duration,
  signalEveryMs: duration,
  holdersMax: count.min(1),
  queueMax: count,
  queueWaitMs: duration,
  offerMs: duration,
  livenessMs: duration,
  graceMs: duration,
  offlineAllowance: count,
};
const schema: z.ZodType<PoolConfig> = z.object(fields);

/**
 * The configuration as the one text that `include/parse-config.lua` reads.
 *
 * @throws ZodError for what the scripts would misread: fractions, negative or unbounded figures.
 */
export function packPoolConfig(config: PoolConfig): string {
  const { validUntil, ...rest } = schema.parse(config);
  const packed = { ...rest, validUntil: validUntil ?? '-' };
  return Object.keys(fields)
    .map((name) => packed[name as keyof PoolConfig])
    .join(' ');
}
