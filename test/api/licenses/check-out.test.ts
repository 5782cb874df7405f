import { describe, expect, test, vi } from 'vitest';
import { createLicenseActivities } from '../../../activities/licenses.ts';
import { hashDevice } from '../../../signing/tokens/device-hash.ts';
import { makeRequestFile } from '../../../signing/tokens/request-file.ts';
import { startTestApi } from '../../support/api.ts';
import {
  askCheckOut,
  checkOut,
  claimsOf,
  fileIssuer,
  runTerm,
  showCheckOut,
  tryCheckIn,
  tryCheckOut,
  type CheckOutAnswer,
} from '../../support/check-outs.ts';
import { readStores } from '../../support/ledger.ts';
import { eventually } from '../../support/eventually.ts';
import {
  acquire,
  acquireMany,
  changeLicense,
  givenLicense,
  problemOf,
  readLicense,
  release,
  revoke,
  suspend,
  tryAcquire,
  type GivenLicense,
} from '../../support/given.ts';

const api = await startTestApi();
const siteLicense = { needsDevice: false, hoursMax: 8_760 };
const hourMs = 3_600_000;

const idOf = ({ body }: { body: unknown }) => (body as CheckOutAnswer).checkOut.id;
const device = (fingerprint: string) => ({ device: { fingerprint } });

describe('a device gets a file', () => {
  test('that verifies offline and says what the license allows', async () => {
    const license = await givenLicense(api, { seats: 3, expiresAt: '2099-01-01T00:00:00Z' });
    const { checkOut: row, licenseFile } = await checkOut(license, {
      nonce: 'n1',
      ttlSeconds: 7_200,
    });
    const bound = await hashDevice(license.product, 'mine');
    const claims = await claimsOf(licenseFile, bound);
    expect(claims).toMatchObject({
      ...{ iss: fileIssuer, aud: license.product, sub: license.licenseId, tid: license.tenantId },
      ...{
        jti: row.id,
        tier: 'plan',
        seats: 3,
        usage: ['builder', 'runtime'],
        nonce: 'n1',
        fp: bound,
      },
      ...{ feat: { agents: 52 }, license_until: Date.UTC(2099, 0, 1) / 1_000 },
    });
    expect(claims.exp - claims.iat).toBe(7_200);
    expect(row).toMatchObject({ status: 'signed', device: bound });
    expect(Date.parse(row.expiresAt ?? '')).toBe(claims.exp * 1_000);
    await expect(claimsOf(licenseFile, await hashDevice(license.product, 'other'))).rejects.toThrow(
      'other_device',
    );
  });

  test('that lives as long as the plan lets a client go on offline, unless it asks', async () => {
    const { licenseFile } = await checkOut(await givenLicense(api));
    const { exp, iat } = await claimsOf(licenseFile);
    expect(exp - iat).toBe(3_600);
  });

  test('that ends with the license', async () => {
    const expiresAt = new Date(Date.now() + hourMs).toISOString();
    const license = await givenLicense(api, { expiresAt });
    const { licenseFile } = await checkOut(license, { ttlSeconds: 7_200 });
    const { exp } = await claimsOf(licenseFile);
    expect(exp).toBe(Math.floor(Date.parse(expiresAt) / 1_000));
  });

  test('later, when the signing key is away: 202 and where to look, then the file', async () => {
    const license = await givenLicense(api);
    const answer = await askCheckOut(license);
    expect(answer.status).toBe(202);
    expect(answer.body).not.toHaveProperty('licenseFile');
    expect(answer.headers.get('location')).toBe(`/v1/check-outs/${idOf(answer)}`);
    await runTerm(license);
    const shown = await showCheckOut(license, idOf(answer));
    expect(shown.body).toMatchObject({ checkOut: { status: 'signed' } });
    await claimsOf((shown.body as CheckOutAnswer).licenseFile ?? '');
  });

  test('for the request file of a machine that sees no network', async () => {
    const license = await givenLicense(api);
    const { product } = license;
    const asked = { product, usage: 'builder', fingerprint: 'far', ttl: 120 } as const;
    const { file, request } = await makeRequestFile(asked);
    const { licenseFile } = await checkOut(license, { requestFile: file });
    const claims = await claimsOf(licenseFile, await hashDevice(product, 'far'));
    expect(claims).toMatchObject({ nonce: request.nonce, fp: request.device });
    expect(claims.exp - claims.iat).toBe(120);
  });
});

describe('the same wish', () => {
  test('again answers the same check-out and the same file', async () => {
    const license = await givenLicense(api);
    const first = await checkOut(license);
    expect(await checkOut(license)).toEqual(first);
    const waiting = await askCheckOut(license, device('slow'));
    expect(idOf(await askCheckOut(license, device('slow')))).toBe(idOf(waiting));
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 2 });
  });

  test('after a change of the license gets a file that says so, for the same seat', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const first = await checkOut(license);
    await changeLicense(license, { seats: 3 });
    const second = await checkOut(license);
    expect(second.checkOut.id).not.toBe(first.checkOut.id);
    expect(await claimsOf(second.licenseFile)).toMatchObject({ seats: 3 });
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('takes a seat that a grant had which nobody recorded: its retry does not get it', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const stop = api.whenReached('acquire:granted-in-redis', () => {
      throw new Error('The process died here');
    });
    await tryAcquire(license, { instance: 'i' });
    stop();
    await checkOut(license);
    const retried = await tryAcquire(license, { instance: 'i' });
    expect(retried.body).toMatchObject({ code: 'no_seats_available' });
    const { pool, rows } = await readStores(license);
    expect({ seats: pool?.seats, rows }).toEqual({ seats: [], rows: [] });
  });

  test('with another time or nonce is another, for the same seat', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const ids = new Set<string>();
    for (const wish of [{}, { ttlSeconds: 90 }, { nonce: 'n1' }, { nonce: 'n2' }]) {
      ids.add((await checkOut(license, wish)).checkOut.id);
    }
    expect(ids.size).toBe(4);
    expect((await readLicense(license)).seats).toMatchObject({ limit: 1, checkedOut: 1 });
  });
});

describe('files and seats together', () => {
  test('are never more than were sold, from the moment on that a file is asked for', async () => {
    const license = await givenLicense(api, { seats: 3 });
    expect((await askCheckOut(license, device('a'))).status).toBe(202);
    await acquireMany(license, 2);
    expect(problemOf(await tryAcquire(license))).toMatchObject({ code: 'no_seats_available' });
    expect(problemOf(await askCheckOut(license, device('b')))).toMatchObject({
      ...{ code: 'no_seats_available', seats: { used: 3, limit: 3 } },
    });
    await checkOut(license, device('a'));
  });

  test('are never more, however many ask at once', async () => {
    const license = await givenLicense(api, { seats: 4 });
    const asked = Array.from({ length: 8 }, (_, n) => [
      tryAcquire(license, { instance: `i${n}` }),
      tryCheckOut(license, device(`d${n}`)),
    ]).flat();
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
    expect((await readLicense(license)).seats).toMatchObject({ limit: 4 });
    const { used, checkedOut } = (await readLicense(license)).seats;
    expect(used + checkedOut).toBe(4);
  });

  test('pass nobody who waits', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const holder = await acquire(license);
    await acquire(license, { wait: true });
    await release(holder);
    expect(problemOf(await askCheckOut(license))).toMatchObject({ code: 'no_seats_available' });
  });

  test('are not given while others may go on offline with all the rights that there are', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await release(await acquire(license, { device: { fingerprint: 'on a plane' } }));
    expect((await readLicense(license)).seats).toMatchObject({ used: 0 });
    expect(problemOf(await askCheckOut(license))).toMatchObject({ code: 'no_seats_available' });
  });

  test('a seat whose file has run out by every clock is granted again', async () => {
    const license = await givenLicense(api, { seats: 1 });
    await checkOut(license);
    expect((await tryAcquire(license)).status).toBe(409);
    await afterFilesRanOut(license, 59_000);
    expect(await runTerm(license)).toMatchObject({ open: 1 });
    await afterFilesRanOut(license, 2_000);
    expect(await runTerm(license)).toMatchObject({ open: 0, nextAt: null });
    expect((await tryAcquire(license)).status).toBe(201);
  });

  test('a file that is not signed within a day gives its seat back', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const id = idOf(await askCheckOut(license));
    const past = new Date(Date.now() - 1);
    await api.deps.systemDb
      .updateTable('checkOuts')
      .set({ wantedUntil: past })
      .where('id', '=', id)
      .execute();
    expect(await runTerm(license)).toMatchObject({ open: 0 });
    const { body } = await showCheckOut(license, id);
    expect(body).toMatchObject({ checkOut: { status: 'failed', reason: 'unavailable' } });
    expect((await tryAcquire(license)).status).toBe(201);
  });
});

describe('a file without a device', () => {
  test('is there from the day the license is issued where the plan counts no copies', async () => {
    const license = await givenLicense(api, { policy: { licenseFiles: siteLicense } });
    expect(await runTerm(license)).toMatchObject({ open: 1, pending: [] });
    const { licenseFile } = await checkOut(license, { device: undefined });
    const claims = await claimsOf(licenseFile, await hashDevice(license.product, 'any'));
    expect(claims).not.toHaveProperty('fp');
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 0 });
  });

  test('is signed anew when what it says changes, and only then', async () => {
    const license = await givenLicense(api, { policy: { licenseFiles: siteLicense } });
    await runTerm(license);
    expect(await runTerm(license)).toMatchObject({ open: 1 });
    await changeLicense(license, { seats: 9 });
    expect(await runTerm(license)).toMatchObject({ open: 2, pending: [] });
    const { licenseFile } = await checkOut(license, { device: undefined });
    expect(await claimsOf(licenseFile)).toMatchObject({ seats: 9 });
  });
});

describe('a process whose clock is an hour ahead', () => {
  const ahead = async <T>(act: () => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hourMs });
    try {
      return await act();
    } finally {
      vi.useRealTimers();
    }
  };

  test('ends no file of others, and grants no seat that is still in one', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const { checkOut: row } = await checkOut(license, { ttlSeconds: 1_800 });
    const answer = await ahead(() => askCheckOut(license, device('other')));
    expect(problemOf(answer)).toMatchObject({ code: 'no_seats_available' });
    expect(await ahead(() => runTerm(license))).toMatchObject({ open: 1 });
    const { body } = await showCheckOut(license, row.id);
    expect(body).toMatchObject({ checkOut: { status: 'signed' } });
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('gives no other file up when one is given up', async () => {
    const license = await givenLicense(api, { seats: 2 });
    await checkOut(license, { ttlSeconds: 1_800 });
    const { checkOut: row } = await checkOut(license, device('other'));
    await ahead(() => tryCheckIn(license, row.id, device('other')));
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 1 });
  });

  test('signs no file that begins later or lives longer', async () => {
    const license = await givenLicense(api);
    const { checkOut: row } = (await askCheckOut(license, { ttlSeconds: 600 }))
      .body as CheckOutAnswer;
    await ahead(() => runTerm(license));
    const { licenseFile = '' } = (await showCheckOut(license, row.id)).body as CheckOutAnswer;
    const { iat, exp } = await claimsOf(licenseFile);
    expect(iat).toBeLessThanOrEqual(Date.now() / 1_000 + 60);
    expect(exp - iat).toBe(600);
  });
});

describe('no file', () => {
  test.each([
    ['license_file_not_allowed', { policy: { licenseFiles: null } }, {}],
    ['license_file_not_allowed', {}, { device: undefined }],
    ['license_file_not_allowed', {}, { ttlSeconds: 25 * 3_600 }],
    ['product_mismatch', {}, { product: 'another' }],
    [
      'usage_type_not_allowed',
      { policy: { usageTypes: ['builder' as const] } },
      { usageType: 'runtime' },
    ],
    ['license_expired', { expiresAt: '2020-01-01T00:00:00Z' }, {}],
  ])('but %s', async (code, given, asked) => {
    const license = await givenLicense(api, given);
    expect(problemOf(await askCheckOut(license, asked))).toMatchObject({ status: 403, code });
  });

  test('of a license that was withdrawn, also when it was asked for before', async () => {
    const suspended = await givenLicense(api);
    const before = await askCheckOut(suspended);
    await suspend(suspended);
    expect(problemOf(await askCheckOut(suspended))).toMatchObject({ code: 'license_suspended' });
    await runTerm(suspended);
    const { body } = await showCheckOut(suspended, idOf(before));
    expect(body).toMatchObject({ checkOut: { status: 'failed', reason: 'license_suspended' } });
    const revoked = await givenLicense(api);
    const { checkOut: row } = await checkOut(revoked);
    await revoke(revoked);
    expect(await runTerm(revoked)).toMatchObject({ status: 'revoked', open: 0 });
    const shown = await showCheckOut(revoked, row.id);
    expect(shown.body).toMatchObject({
      checkOut: { status: 'revoked', reason: 'license_revoked' },
    });
    expect(shown.body).not.toHaveProperty('licenseFile');
    expect(problemOf(await askCheckOut(revoked))).toMatchObject({ code: 'license_revoked' });
  });

  test('beyond those of a day, which cost signatures', async () => {
    const license = await givenLicense(api, { seats: 3 });
    for (let n = 0; n < 20; n += 1)
      await checkOut(license, { nonce: `n${n}`, ...device(`d${n % 2}`) });
    const refused = await askCheckOut(license, device('one more'));
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(86_000);
    await checkOut(license, { nonce: 'n19', ...device('d1') });
  });

  test('beyond ten that a device has, until one of them ended', async () => {
    const license = await givenLicense(api, { seats: 2 });
    for (let n = 0; n < 10; n += 1) await checkOut(license, { nonce: `n${n}`, ttlSeconds: 600 });
    const refused = await askCheckOut(license, { nonce: 'one-more' });
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    const waitSeconds = Number(refused.headers.get('retry-after'));
    expect(waitSeconds).toBeGreaterThan(500);
    expect(waitSeconds).toBeLessThanOrEqual(661);
    await checkOut(license, device('another'));
    await afterFilesRanOut(license, 61_000);
    await checkOut(license, { nonce: 'one-more' });
  });

  test('where no root key is set: said at once, with what the operator has to do, and no seat is taken', async () => {
    const { database, redis } = api;
    const keyless = await startTestApi({ database, redis, hasRootKey: false });
    const license = await givenLicense(keyless, { seats: 1 });
    const refused = await askCheckOut(license);
    expect(problemOf(refused)).toMatchObject({
      ...{ status: 503, code: 'unavailable', conclusive: false },
      detail: expect.stringMatching(/operator has to set KMS_KEY/) as string,
    });
    const rows = await api.deps.systemDb
      .selectFrom('checkOuts')
      .select('id')
      .where('licenseId', '=', license.licenseId)
      .execute();
    expect(rows).toEqual([]);
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 0 });
    // What the license says comes first, and a file that is there needs no key.
    const none = await givenLicense(keyless, { policy: { licenseFiles: null } });
    expect(problemOf(await askCheckOut(none))).toMatchObject({ code: 'license_file_not_allowed' });
    const signed = await givenLicense(api);
    const { licenseFile } = await checkOut(signed);
    const again = await askCheckOut({ ...signed, api: keyless });
    expect(again).toMatchObject({ status: 201, body: { licenseFile } });
  });

  test('where the worker has no key that can sign: nothing is waited for, and the seat is free', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const { loadFacts, signLicenseFile } = createLicenseActivities(api.deps, null);
    const asking = askCheckOut(license);
    const [checkOutId = ''] = await eventually(async () => {
      const { pending } = await loadFacts(license);
      return pending.length > 0 && pending;
    });
    await signLicenseFile({ ...license, checkOutId });
    expect(problemOf(await asking)).toMatchObject({ status: 503, code: 'unavailable' });
    expect(await loadFacts(license)).toMatchObject({ open: 0 });
    expect((await readLicense(license)).seats).toMatchObject({ checkedOut: 0 });
  });

  test.each([
    ['nothing at all', {}],
    ['a text that is no request', { requestFile: 'please' }],
    ['a request and more', { requestFile: 'please', product: 'x' }],
    ['half a minute', { product: 'x', ttlSeconds: 30 }],
    ['a nonce of two lines', { product: 'x', nonce: 'a\nb' }],
    ['what nobody knows', { product: 'x', seats: 5 }],
  ])('for %s', async (_what, body) => {
    const { licenseKey } = await givenLicense(api);
    const how = { authorization: `License ${licenseKey}`, body };
    expect(problemOf(await api.request('POST', '/v1/licenses/check-out', how))).toMatchObject({
      ...{ status: 422, code: 'invalid_request' },
    });
  });

  test('and no check-out for whoever has another key, or none', async () => {
    const { checkOut: row } = await checkOut(await givenLicense(api));
    expect((await showCheckOut(await givenLicense(api), row.id)).status).toBe(404);
    expect((await api.request('GET', `/v1/check-outs/${row.id}`)).status).toBe(401);
  });
});

/** As if that much time had passed since the files of the license ended. */
async function afterFilesRanOut({ licenseId }: GivenLicense, ms: number): Promise<void> {
  const rows = await api.deps.systemDb
    .selectFrom('checkOuts')
    .select('fileExpiresAt')
    .where('licenseId', '=', licenseId)
    .execute();
  const present = rows[0]?.fileExpiresAt ?? new Date();
  const from = Math.min(present.getTime(), Date.now());
  await api.deps.systemDb
    .updateTable('checkOuts')
    .set({ fileExpiresAt: new Date(from - ms), signedAt: new Date(from - ms - hourMs) })
    .where('licenseId', '=', licenseId)
    .execute();
}
