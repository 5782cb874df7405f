import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { startTemporal } from '../../dev/platform/temporal.ts';

/**
 * A Temporal of the calling file's own, for Schedules and workflows of which a namespace has one each: another
 * file's would stand in their way. Call it at the top level of a file, before what uses it: it registers an `afterAll`.
 */
export async function startOwnTemporal() {
  const dir = await mkdtemp(join(inject('scratchFolder'), 'temporal-'));
  const server = await startTemporal({ dir, uiPort: null, durable: false });
  afterAll(() => server.stop());
  return { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: 'default' };
}
