import { describe, expect, test } from 'vitest';
import { makeDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { makeRequestFile } from '../../signing/tokens/request-file.ts';
import { startTestApi } from '../support/api.ts';
import { checkOut, showCheckOut, tryCheckIn, type CheckOutAnswer } from '../support/check-outs.ts';
import {
  acquire,
  changeLicense,
  givenLicense,
  problemOf,
  readLicense,
  tryAcquire,
  type GivenLicense,
} from '../support/given.ts';

const api = await startTestApi();

/** A machine without a network that has its file. */
async function farMachine(license: GivenLicense) {
  const asked = { product: license.product, usage: 'builder', fingerprint: 'far' } as const;
  const { file, secret, request } = await makeRequestFile(asked);
  const { checkOut: row } = await checkOut(license, { requestFile: file });
  const given = { license: license.licenseId, file: row.id, device: request.device };
  return { row, given, secret, request, requestFile: file };
}

const seatsOf = async (license: GivenLicense) => (await readLicense(license)).seats;

describe('giving a file up', () => {
  test('frees the seat at once, for sessions and for other devices', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const { checkOut: row } = await checkOut(license);
    expect((await tryAcquire(license)).status).toBe(409);
    const answer = await tryCheckIn(license, row.id);
    expect(answer.body).toMatchObject({ checkOut: { id: row.id, status: 'checked_in' } });
    expect(answer.body).not.toHaveProperty('licenseFile');
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 0 });
    await acquire(license);
  });

  test('ends every file of the device that was got by its name', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const { checkOut: first } = await checkOut(license);
    const { checkOut: second } = await checkOut(license, { ttlSeconds: 90 });
    const { checkOut: other } = await checkOut(license, { device: { fingerprint: 'other' } });
    await tryCheckIn(license, second.id);
    const statuses = await Promise.all(
      [first, second, other].map(async ({ id }) => {
        const { body } = await showCheckOut(license, id);
        return (body as CheckOutAnswer).checkOut.status;
      }),
    );
    expect(statuses).toEqual(['checked_in', 'checked_in', 'signed']);
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 1 });
  });

  test('again answers the same, and takes nothing from who came after', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const { checkOut: row } = await checkOut(license);
    const first = await tryCheckIn(license, row.id);
    await checkOut(license, { nonce: 'after' });
    expect((await tryCheckIn(license, row.id)).body).toEqual(first.body);
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 1 });
  });

  test('works for a machine without a network by what it wrote', async () => {
    const license = await givenLicense(api);
    const { row, given, secret } = await farMachine(license);
    const deactivationFile = makeDeactivationFile({ ...given, secret });
    const answer = await tryCheckIn(license, row.id, { deactivationFile });
    expect(answer.body).toMatchObject({ checkOut: { status: 'checked_in' } });
  });
});

describe('a device that has files of several requests', () => {
  const statusOf = async (license: GivenLicense, id: string) => {
    const { body } = await showCheckOut(license, id);
    return (body as CheckOutAnswer).checkOut.status;
  };

  test('gives up by a deactivation file what that request got, and keeps its seat with the others', async () => {
    const license = await givenLicense(api, { seats: 2 });
    const one = await farMachine(license);
    const other = await farMachine(license);
    const { checkOut: named } = await checkOut(license, { device: { fingerprint: 'far' } });
    await changeLicense(license, { seats: 1 });
    const { checkOut: again } = await checkOut(license, { requestFile: one.requestFile });
    expect(again.id).not.toBe(one.row.id);
    const deactivationFile = makeDeactivationFile({ ...one.given, secret: one.secret });
    expect((await tryCheckIn(license, one.row.id, { deactivationFile })).status).toBe(200);
    const ids = [one.row.id, again.id, other.row.id, named.id];
    const statuses = await Promise.all(ids.map((id) => statusOf(license, id)));
    expect(statuses).toEqual(['checked_in', 'checked_in', 'signed', 'signed']);
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 1 });
    expect((await tryAcquire(license)).status).toBe(409);
  });

  test('gives up by its name none that a request file got', async () => {
    const license = await givenLicense(api, { seats: 1 });
    const far = await farMachine(license);
    const { checkOut: named } = await checkOut(license, { device: { fingerprint: 'far' } });
    await tryCheckIn(license, named.id, { device: { fingerprint: 'far' } });
    expect(await statusOf(license, named.id)).toBe('checked_in');
    expect(await statusOf(license, far.row.id)).toBe('signed');
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 1 });
    expect((await tryAcquire(license)).status).toBe(409);
  });
});

describe('nobody gives up the file of another machine', () => {
  test('without the secret of its request, whatever else is known', async () => {
    const license = await givenLicense(api);
    const { row, given, request } = await farMachine(license);
    const other = await farMachine(await givenLicense(api));
    const tries = [
      { device: { fingerprint: 'far' } },
      { deactivationFile: makeDeactivationFile(given) },
      { deactivationFile: makeDeactivationFile({ ...given, secret: request.nonce }) },
      { deactivationFile: makeDeactivationFile({ ...given, secret: other.secret }) },
    ];
    for (const body of tries) {
      expect(problemOf(await tryCheckIn(license, row.id, body))).toMatchObject({
        ...{ status: 403, code: 'forbidden' },
      });
    }
    expect(await seatsOf(license)).toMatchObject({ checkedOut: 1 });
  });

  test('by another device, or with what was written about another file', async () => {
    const license = await givenLicense(api);
    const { checkOut: row } = await checkOut(license);
    const { given, secret } = await farMachine(license);
    const tries = [
      { device: { fingerprint: 'other' } },
      { deactivationFile: makeDeactivationFile({ ...given, secret }) },
      { deactivationFile: makeDeactivationFile({ ...given, file: row.id, secret }) },
    ];
    for (const body of tries) {
      expect(problemOf(await tryCheckIn(license, row.id, body))).toMatchObject({ status: 403 });
    }
  });

  test('and a file that is bound to none has no machine that could', async () => {
    const licenseFiles = { needsDevice: false, hoursMax: 24 };
    const license = await givenLicense(api, { policy: { licenseFiles } });
    const { checkOut: row } = await checkOut(license, { device: undefined });
    expect(problemOf(await tryCheckIn(license, row.id))).toMatchObject({ code: 'conflict' });
  });

  test.each([
    ['nothing', {}],
    ['a text that nobody wrote', { deactivationFile: 'gone' }],
    ['both', { deactivationFile: 'gone', device: { fingerprint: 'mine' } }],
  ])('by %s', async (_what, body) => {
    const license = await givenLicense(api);
    const { checkOut: row } = await checkOut(license);
    expect(problemOf(await tryCheckIn(license, row.id, body))).toMatchObject({ status: 422 });
  });
});

test('what is out beyond the seats is taken off the overdraft', async () => {
  const license = await givenLicense(api, { seats: 3, policy: { overdraft: 1 } });
  const ids: string[] = [];
  for (const fingerprint of ['one', 'two', 'three']) {
    ids.push((await checkOut(license, { device: { fingerprint } })).checkOut.id);
  }
  await changeLicense(license, { seats: 2 });
  expect((await tryAcquire(license)).status).toBe(409);
  await tryCheckIn(license, ids[0] ?? '', { device: { fingerprint: 'one' } });
  expect((await tryAcquire(license)).status).toBe(201);
  expect((await tryAcquire(license)).status).toBe(409);
});

test('a license of fewer seats than are out grants none until enough came back', async () => {
  const license = await givenLicense(api, { seats: 2 });
  const { checkOut: one } = await checkOut(license, { device: { fingerprint: 'one' } });
  const { checkOut: two } = await checkOut(license, { device: { fingerprint: 'two' } });
  await changeLicense(license, { seats: 1 });
  await tryCheckIn(license, one.id, { device: { fingerprint: 'one' } });
  expect((await tryAcquire(license)).status).toBe(409);
  await tryCheckIn(license, two.id, { device: { fingerprint: 'two' } });
  expect((await tryAcquire(license)).status).toBe(201);
});
