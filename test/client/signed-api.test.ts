/** What the real API signs, as a program judges it that has pinned its root. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, inject, test, vi } from 'vitest';
import { acquire, validateLicense, type AcquireOptions } from '../../client/index.ts';
import { newId } from '../../platform/ids.ts';
import { makeDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { startTestApi, type TestApi } from '../support/api.ts';
import { acquire as givenSeat, givenLicense, revoke, suspend } from '../support/given.ts';
import { startTestKms } from '../support/kms.ts';
import { happens } from './support/happens.ts';
import { startMiddle, type Told } from './support/middle.ts';
import { startCli } from './support/program.ts';

const api = await startTestApi({ kms: await startTestKms() });
const unsigned = await startTestApi();

/** As the server that signs shows them to everybody. */
const answer = await fetch(`${api.url}/.well-known/jwks.json`);
const roots = (await answer.json()) as { keys: object[] };

afterEach(() => {
  vi.unstubAllEnvs();
});

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

test('the lease that comes with a seat is good, and says what the license grants', async () => {
  const { license, options } = await givenPinned(api);
  await using seat = await acquire(options);
  expect(seat.doubt).toBeNull();
  const { sub, sid, aud, exp, lease_until: leaseUntil } = seat.leaseToken?.claims ?? {};
  expect({ sub, sid, aud }).toEqual({
    ...{ sub: license.licenseId, sid: seat.sessionId, aud: license.product },
  });
  expect((exp ?? 0) - (leaseUntil ?? 0)).toBe(3_600);
  expect(seat.entitlements).toEqual({ agents: 52 });
  expect(seat.feature('agents')).toBe(52);
});

test('what a program leaves on disk proves its seat to whoever has the file and the pins', async () => {
  const { license, options } = await givenPinned(api);
  const folder = mkdtempSync(join(inject('scratchFolder'), 'signed-'));
  vi.stubEnv('LEASEHOLD_STATE_DIR', folder);
  await using seat = await acquire({ ...options, remember: true });
  const [file = ''] = readdirSync(folder);
  const pins = join(folder, 'pins.json');
  writeFileSync(pins, JSON.stringify(roots));
  const named = ['--roots', pins, '--product', license.product];
  const verify = startCli(['verify', join(folder, file), ...named]);
  expect(await verify.ended).toBe(0);
  expect(verify.stdout.at(-1)).toContain(`gives ${seat.sessionId} a seat`);
});

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

test('that a license key is none is proven, before anything else of the request is read', async () => {
  const { options } = await givenPinned(api);
  const wrong = { ...options, licenseKey: 'LH-WRONG' };
  const refused = { code: 'unauthenticated', conclusive: true };
  await expect(acquire(wrong)).rejects.toMatchObject(refused);
  const asked = { ...wrong, instanceKey: undefined, version: undefined };
  await expect(validateLicense(asked)).rejects.toMatchObject(refused);
});

test('who stands in the connection cannot have a license of his own refused in place of it', async () => {
  const { license, options } = await givenPinned(api);
  const { license: own } = await givenPinned(api);
  await revoke(own);
  await using middle = await startMiddle(api.url, ({ headers }) => {
    headers['authorization'] = `License ${own.licenseKey}`;
  });
  const refused = acquire({ ...options, url: middle.url });
  await expect(refused).rejects.toMatchObject({
    ...{ code: 'unproven', conclusive: false, cause: { code: 'license_revoked' } },
    detail: expect.stringContaining('another credential') as string,
  });
  await using seat = await acquire(options);
  expect(seat.licenseId).toBe(license.licenseId);
});

test('an answer that was recorded gives no right to whoever plays it again, clock and all', async () => {
  const { license, options } = await givenPinned(api);
  const recorded: Told[] = [];
  await using middle = await startMiddle(api.url, undefined, (answer, { method }) => {
    if (method !== 'POST') return answer;
    if (recorded.length === 0) recorded.push(answer);
    return recorded[0] ?? answer;
  });
  await using first = await acquire({ ...options, url: middle.url });
  expect(first.leaseToken).not.toBeNull();
  // Its beats hear the same answer again: what it has stays good, what comes is not.
  expect(await happens(first, 'tampered')).toEqual({ part: 'token', fault: 'other_request' });
  await using seat = await acquire({ ...options, url: middle.url });
  expect(seat).toMatchObject({ state: 'online', licenseId: license.licenseId, leaseToken: null });
  expect(seat.doubt).toEqual({ part: 'token', fault: 'other_request' });
  expect(seat.entitlements).toBeNull();
  await happens(seat, 'renewed');
  expect(seat.leaseToken).toBeNull();
});

test('a lease token that got lost comes with the next beat, long before it would be made anew', async () => {
  const { options } = await givenPinned(api);
  let isLost = false;
  await using middle = await startMiddle(api.url, undefined, (answer) => {
    if (isLost || !('leaseToken' in answer)) return answer;
    isLost = true;
    const { leaseToken: _, certificate: __, ...rest } = answer;
    return rest;
  });
  await using seat = await acquire({ ...options, url: middle.url });
  expect(seat).toMatchObject({ leaseToken: null, doubt: null });
  await happens(seat, 'renewed');
  const held = seat.leaseToken;
  expect(held?.claims.sid).toBe(seat.sessionId);
  await happens(seat, 'renewed');
  expect(seat.leaseToken).toBe(held);
});

test('who stands in the connection cannot tell another reason than the one that was signed', async () => {
  const { license, options } = await givenPinned(api);
  await using middle = await startMiddle(api.url, undefined, (answer) =>
    'reason' in answer ? { ...answer, reason: 'forced' } : answer,
  );
  await using seat = await acquire({ ...options, url: middle.url });
  const degraded = happens(seat, 'degraded');
  await suspend(license);
  expect(await degraded).toMatchObject({ code: 'unproven', reason: 'forced' });
  expect(seat.signal.aborted).toBe(false);
});

describe('a refused license file', () => {
  const checkOut = async (server: TestApi) => {
    const { license } = await givenPinned(server);
    await givenSeat(license);
    const folder = mkdtempSync(join(inject('scratchFolder'), 'refused-'));
    const pins = join(folder, 'pins.json');
    writeFileSync(pins, JSON.stringify(roots));
    const environment = {
      ...{ LEASEHOLD_URL: server.url, LEASEHOLD_LICENSE_KEY: license.licenseKey },
      ...{ LEASEHOLD_STATE_DIR: folder, LICENSE_INSTANCE_ID: 'one', LEASEHOLD_ROOTS: pins },
    };
    const run = async (...args: string[]) => {
      const program = startCli(args, { environment });
      return { exitCode: await program.ended, said: program.stderr.join() };
    };
    return {
      checkOut: await run('check-out', '--product', license.product),
      checkIn: await run('check-in', makeEnd(folder)),
    };
  };
  const makeEnd = (folder: string) => {
    const file = join(folder, 'end.lic');
    writeFileSync(
      file,
      makeDeactivationFile({ license: newId('lic'), file: newId('chk'), device: 'd'.repeat(43) }),
    );
    return file;
  };

  test('is refused for good where the server has signed that', async () => {
    const { checkOut: out, checkIn: end } = await checkOut(api);
    expect([out.exitCode, end.exitCode]).toEqual([75, 77]);
  });

  test('is not known to be where nobody signs', async () => {
    const { checkOut: out, checkIn: end } = await checkOut(unsigned);
    expect([out.exitCode, end.exitCode]).toEqual([69, 69]);
    expect(out.said).toMatch(/no_seats_available: it is not signed/);
    expect(end.said).toMatch(/not_found: it is not signed/);
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
