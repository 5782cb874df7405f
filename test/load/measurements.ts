import type { Bench } from './bench.ts';
import type { Line } from './figures.ts';
import { measureCurves } from './measure-curves.ts';
import { measureBurst, measureLive } from './measure-outbox.ts';
import { measureRebuild, measureReclaim, measureStart } from './measure-recovery.ts';
import {
  measureAcquire,
  measureCycle,
  measureHeartbeat,
  measureValidate,
} from './measure-seats.ts';
import { measureSignedHeartbeat, measureTokens } from './measure-tokens.ts';

/** All measurements by name, in the order of a whole run. */
export const measurements: Record<string, (bench: Bench) => Promise<Line[]>> = {
  heartbeat: measureHeartbeat,
  acquire: measureAcquire,
  cycle: measureCycle,
  validate: measureValidate,
  tokens: measureTokens,
  signed: measureSignedHeartbeat,
  burst: measureBurst,
  live: measureLive,
  reclaim: measureReclaim,
  rebuild: measureRebuild,
  start: measureStart,
  curves: measureCurves,
};
