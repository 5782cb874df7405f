/** The real API's refusals, as a program judges them that has pinned its root. */
import { expect, test } from 'vitest';
import { acquire, type AcquireOptions } from '../../client/index.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { givenLicense, suspend } from '../support/given.ts';
import { startTestKms } from '../support/kms.ts';
import { happens } from './support/happens.ts';

const api = await startTestApi({ kms: await startTestKms() });
const unsigned = await startTestApi();

/** As the server that signs shows them to everybody. */
const answer = await fetch(`${api.url}/.well-known/jwks.json`);
const roots = (await answer.json()) as { keys: object[] };

async function givenPinned(server: TestApi) {
  const policy = { leaseSeconds: 5, heartbeatSeconds: 1 };
  const license = await givenLicense(server, { seats: 1, policy });
  const { licenseKey, product } = license;
  const options: AcquireOptions = {
    ...{ url: server.url, licenseKey, product, version: '1.0.0', roots },
    ...{ instanceKey: 'holder', patienceMs: 300 },
  };
  return { license, options };
}

test('that no seat is free is proven', async () => {
  const { options } = await givenPinned(api);
  await using _holder = await acquire(options);
  await expect(acquire({ ...options, instanceKey: 'late' })).rejects.toMatchObject({
    ...{ code: 'no_seats_available', conclusive: true },
  });
});

test('that another product, or a suspended license, is refused is proven, and ends a seat', async () => {
  const { license, options } = await givenPinned(api);
  await expect(acquire({ ...options, product: 'other' })).rejects.toMatchObject({
    ...{ code: 'product_mismatch', conclusive: true },
  });
  const seat = await acquire(options);
  const lost = happens(seat, 'lost');
  await suspend(license);
  expect(await lost).toMatchObject({ reason: 'license_suspended' });
  await expect(acquire(options)).rejects.toMatchObject({ code: 'license_suspended' });
});

test('that a key is none nobody can prove, who does not know whose it is', async () => {
  const { options } = await givenPinned(api);
  await expect(acquire({ ...options, licenseKey: 'LH-WRONG' })).rejects.toMatchObject({
    ...{ code: 'unproven', conclusive: false, cause: { code: 'unauthenticated' } },
  });
});

test('a server that does not sign denies nothing to a program that has pinned roots', async () => {
  const { license, options } = await givenPinned(unsigned);
  await using seat = await acquire(options);
  await expect(acquire({ ...options, instanceKey: 'late' })).rejects.toMatchObject({
    ...{ code: 'unproven', conclusive: false, cause: { code: 'no_seats_available' } },
  });
  const degraded = happens(seat, 'degraded');
  await suspend(license);
  expect(await degraded).toMatchObject({ code: 'unproven', reason: 'license_suspended' });
  expect(seat.signal.aborted).toBe(false);
});
