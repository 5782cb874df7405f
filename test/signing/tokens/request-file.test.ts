import { expect, test } from 'vitest';
import { armor } from '../../../signing/tokens/armor.ts';
import {
  makeDeactivationFile,
  readDeactivationFile,
} from '../../../signing/tokens/deactivation-file.ts';
import { hashDevice } from '../../../signing/tokens/device-hash.ts';
import { encodeJson } from '../../../signing/tokens/jws.ts';
import {
  commitTo,
  makeRequestFile,
  readRequestFile,
} from '../../../signing/tokens/request-file.ts';

const asked = { product: 'cad', usage: 'builder', fingerprint: 'a1b2' } as const;
const made = await makeRequestFile({ ...asked, ttl: 86_400 });

test('a request says what is asked for and the hash of the device, and is read as it was written', async () => {
  expect(made.request).toEqual({
    ...{ v: 1, product: 'cad', usage: 'builder', ttl: 86_400 },
    device: await hashDevice('cad', 'a1b2'),
    nonce: await commitTo(made.secret),
  });
  expect(readRequestFile(made.file)).toEqual({ isGood: true, request: made.request });
});

test('a request gives away neither the fingerprint nor the secret', () => {
  const { file, secret, request } = made;
  const said = `${file}${JSON.stringify(request)}${Buffer.from(file, 'base64url').toString()}`;
  expect(said).not.toContain('a1b2');
  expect(said).not.toContain(secret);
});

test('two requests of one machine have nothing in common but the machine', async () => {
  const again = await makeRequestFile(asked);
  expect(again.request.device).toBe(made.request.device);
  expect(again.request.nonce).not.toBe(made.request.nonce);
  expect(again.secret).not.toBe(made.secret);
});

test.each([
  ['another version', { v: 2 }],
  ['another type of use', { usage: 'both' }],
  ['no hash of a device', { device: 'a1b2' }],
  ['no nonce', { nonce: undefined }],
  ['a member that nobody knows', { seats: 100 }],
  ['half a minute', { ttl: 30 }],
])('a request with %s is malformed', (_what, changed) => {
  const file = armor('REQUEST FILE', encodeJson({ ...made.request, ...changed }));
  expect(readRequestFile(file)).toEqual({ isGood: false, fault: 'malformed' });
});

test('a file of another kind is no request', () => {
  const file = armor('LICENSE FILE', encodeJson(made.request));
  expect(readRequestFile(file)).toEqual({ isGood: false, fault: 'other_kind' });
  expect(readRequestFile(armor('REQUEST FILE', 'not-json'))).toMatchObject({ fault: 'malformed' });
});

test('a deactivation names the file, and shows the secret that the request committed to', async () => {
  const { device } = made.request;
  const given = { license: 'lic_1', file: 'chk_1', device, secret: made.secret };
  const check = readDeactivationFile(makeDeactivationFile(given));
  expect(check).toEqual({ isGood: true, deactivation: { v: 1, ...given } });
  const { secret } = given;
  expect(await commitTo(secret)).toBe(made.request.nonce);
  expect(await commitTo(made.request.nonce)).not.toBe(made.request.nonce);
});

test('a deactivation with anything else is malformed', () => {
  const { device } = made.request;
  const given = { v: 1, license: 'lic_1', file: 'chk_1', device, reason: 'sold' };
  const file = armor('DEACTIVATION FILE', encodeJson(given));
  expect(readDeactivationFile(file)).toEqual({ isGood: false, fault: 'malformed' });
  expect(readDeactivationFile(made.file)).toEqual({ isGood: false, fault: 'other_kind' });
});
