/**
 * `node ops/check-health.ts live | ready | worker`: ends with 0 when this container's process is well,
 * for a HEALTHCHECK. `live`: the API answers at all; `ready`: its stores do too; `worker`: the worker
 * answers on its metrics port.
 */
import { loadConfig } from '../platform/config.ts';
import { fail } from './fail.ts';

const { API_HOST, API_PORT, METRICS_PORT } = loadConfig();
const host = API_HOST === '0.0.0.0' ? '127.0.0.1' : API_HOST;
const addresses: Record<string, string> = {
  live: `http://${host}:${API_PORT}/health/live`,
  ready: `http://${host}:${API_PORT}/health/ready`,
  worker: `http://${host}:${METRICS_PORT}/metrics`,
};
const timeoutMs = 4_000;

const [what = 'live'] = process.argv.slice(2);
const address = addresses[what];
if (address === undefined) {
  fail(64, `Usage: node ops/check-health.ts ${Object.keys(addresses).join(' | ')}`);
}
try {
  const { status } = await fetch(address, { signal: AbortSignal.timeout(timeoutMs) });
  console.log(`${address} answers ${status}`);
  process.exitCode = status === 200 ? 0 : 1;
} catch (error) {
  console.error(`${address} does not answer: ${String(error)}`);
  process.exitCode = 1;
}
