/**
 * The door of `npm start`, `npm test` and `npm run check`: installs what is missing, then runs the
 * named script with the pinned Node. Plain JavaScript without dependencies, because it starts on
 * whatever Node (18 or newer) the machine has, before node_modules exists.
 *
 *     node dev/setup.mjs dev/start.ts [arguments]
 *
 * package.json says `exec node …`, so that a signal to npm reaches this process and not a shell.
 */
import { constants } from 'node:os';
import { buildClient } from './setup/client.mjs';
import { offerCryptography } from './setup/cryptography.mjs';
import { handOver } from './setup/hand-over.mjs';
import { ensurePackages } from './setup/packages.mjs';
import { SetupError } from './setup/progress.mjs';
import { ensureRedis } from './setup/redis.mjs';
import { interruption } from './setup/run.mjs';
import { ensureSchemathesis, offerSchemathesis } from './setup/schemathesis.mjs';
import { ensureTemporalCli } from './setup/temporal-cli.mjs';
import { ensureTestServer } from './setup/test-server.mjs';

/** @type {Record<string, readonly (() => Promise<void>)[]>} what a script needs besides packages */
const needs = {
  'dev/start.ts': [ensureRedis, ensureTemporalCli, buildClient],
  'test/load/main.ts': [ensureRedis, ensureTemporalCli],
  'test/faults/main.ts': [ensureRedis, ensureTemporalCli, buildClient],
  'test/faults/failover.ts': [ensureRedis],
  'test/fuzz/main.ts': [ensureRedis, ensureSchemathesis],
  'dev/test.ts': [
    ...[ensureRedis, ensureTemporalCli, ensureTestServer, buildClient],
    ...[offerSchemathesis, offerCryptography],
  ],
};

const [script, ...args] = process.argv.slice(2);
if (script === undefined) throw new Error('Usage: node dev/setup.mjs <script> [arguments]');

/** @type {NodeJS.Signals[]} */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'];
for (const signal of endings) {
  process.on(signal, () => {
    process.exitCode = 128 + constants.signals[signal];
    interruption.abort();
  });
}

try {
  await ensurePackages();
  for (const ensure of needs[script] ?? []) await ensure();
  interruption.signal.throwIfAborted();
  process.exitCode = await handOver(script, args);
} catch (error) {
  process.exitCode ??= 1;
  if (!interruption.signal.aborted) {
    console.error(error instanceof SetupError ? error.message : error);
  }
}
