import { expect, test } from 'vitest';
import { startTestApi } from '../support/api.ts';
import { acquire, givenLicense, heartbeat, release, tryAcquire } from '../support/given.ts';

const api = await startTestApi();

async function read(): Promise<string> {
  const response = await fetch(api.metricsUrl);
  expect(response.status).toBe(200);
  return response.text();
}

test('metrics are on a port of their own and count what happened, without naming anybody', async () => {
  const license = await givenLicense(api, { seats: 1 });
  const session = await acquire(license);
  await heartbeat(session);
  await tryAcquire(license);
  await release(session);
  const text = await read();
  const counted = (metric: string, labels: string) =>
    text.split('\n').some((line) => line.startsWith(`${metric}{`) && line.includes(labels));
  expect(counted('seat_acquires_total', 'outcome="granted"')).toBe(true);
  expect(counted('seat_acquires_total', 'outcome="no_seats_available"')).toBe(true);
  expect(counted('heartbeats_total', 'outcome="renewed"')).toBe(true);
  expect(counted('sessions_ended_total', 'reason="released"')).toBe(true);
  expect(counted('http_request_duration_seconds_count', 'operation="acquireSession"')).toBe(true);
  expect(text).not.toMatch(/(ten|lic|ses|key|req)_[0-9a-z]{26}/);
  expect((await api.request('GET', '/metrics')).status).toBe(404);
});
