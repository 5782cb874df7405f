import { expect, test } from 'vitest';
import { acquire } from '../../client/index.ts';
import { startTestApi } from '../support/api.ts';
import { givenLicense } from '../support/given.ts';
import { happens } from './support/happens.ts';

const api = await startTestApi({
  environment: { RATE_LIMIT_HEARTBEATS: '1', RATE_LIMIT_ACQUIRES: '1' },
});

test('a seat whose beats come too often is degraded and waits as it is asked to, never lost', async () => {
  const { licenseKey, product } = await givenLicense(api, { policy: { heartbeatSeconds: 1 } });
  await using seat = await acquire({ url: api.url, licenseKey, product, version: '1.0.0' });
  const degraded = happens(seat, 'degraded');
  await seat.confirm();
  expect(await degraded).toMatchObject({
    ...{ code: 'rate_limited', status: 429, conclusive: false, retryable: true },
  });
  expect(seat.state).toBe('degraded');
  expect(seat.signal.aborted).toBe(false);
});

test('a program that is asked to wait for its seat is told that this is no denial', async () => {
  const { licenseKey, product } = await givenLicense(api);
  const options = { url: api.url, licenseKey, product, version: '1.0.0', patienceMs: 300 };
  await using seat = await acquire({ ...options, instanceKey: 'one' });
  expect(seat.state).toBe('online');
  const retried: string[] = [];
  const onRetry = ({ code }: { code: string }) => {
    retried.push(code);
  };
  await expect(acquire({ ...options, instanceKey: 'two', onRetry })).rejects.toMatchObject({
    ...{ code: 'rate_limited', conclusive: false, retryable: true },
  });
  expect(new Set(retried)).toEqual(new Set(['rate_limited']));
});
