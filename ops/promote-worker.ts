/**
 * `npm run promote-worker [-- <build id>]`: gives the work of TEMPORAL_TASK_QUEUE to the workers of one
 * version, WORKER_BUILD_ID unless one is named. Start them first; stop the older ones afterwards. Naming
 * an older version rolls back; `--unversioned` gives the work to workers without a version.
 */
import { loadConfig } from '../platform/config.ts';
import { promoteWorker } from '../platform/temporal-deployment.ts';
import { fail } from './fail.ts';

const config = loadConfig();
const [named = config.WORKER_BUILD_ID] = process.argv.slice(2);
if (named === undefined || named === '--help') {
  fail(64, 'Usage: npm run promote-worker -- <build id of a worker that runs> | --unversioned');
}
const buildId = named === '--unversioned' ? null : named;
await promoteWorker(config, { taskQueue: config.TEMPORAL_TASK_QUEUE, buildId });
console.log(
  `Workers ${buildId ?? 'without a version'} get the work of ${config.TEMPORAL_TASK_QUEUE}.`,
);
