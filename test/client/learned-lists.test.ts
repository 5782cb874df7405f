/** What programs of a product have learned while they were online holds after a restart, without a network. */
import { existsSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { acquire, verifyInstalledFile } from '../../client/index.ts';
import { keepLicense } from '../../client/license-store.ts';
import { makeLicenseFile } from '../../signing/tokens/license-file.ts';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { makeRootList } from '../../signing/tokens/root-list.ts';
import { eventually } from '../support/eventually.ts';
import { givenForgedRoot, givenRoot, type HeldRoot } from '../support/roots.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startSigningProxy } from './support/signing-proxy.ts';

const server = await startLicenceServer();
const [old, next] = [givenRoot(1), givenRoot(2)];
const roots = { keys: [old.jwk] };
const issuer = 'https://licenses.example.com';
const at = Math.floor(Date.now() / 1000);
const policy = { count: 2, leaseSeconds: 5, heartbeatSeconds: 1 };

afterEach(() => {
  vi.unstubAllEnvs();
});

function rootList(by: HeldRoot, ...listed: HeldRoot[]): Promise<string> {
  const keys = listed.map(({ jwk }) => ({ ...jwk, not_before: at }));
  return makeRootList(by.signer, { issuer, seq: 1, keys, at });
}

function revocationList(by: HeldRoot, keys: string[], seq = 1): Promise<string> {
  return makeRevocationList(by.signer, { issuer, seq, keys, licenses: [], leases: [], at });
}

/** A machine of its own, with a license file that a root has signed. Answers the folder of what it keeps. */
async function givenMachine({ options }: GivenLicense, by = old): Promise<string> {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'learned-'));
  vi.stubEnv('LEASEHOLD_STATE_DIR', folder);
  vi.stubEnv('LICENSE_INSTANCE_ID', 'this-machine');
  const licenseFile = await makeLicenseFile(by.signer, {
    ...{ iss: issuer, aud: options.product, sub: 'lic_1', tid: 'ten_1', jti: 'chk_1', tier: 'pro' },
    ...{ iat: at, nbf: at, exp: at + 86_400, feat: {}, seats: 5, usage: ['builder'], rev_seq: 0 },
  });
  const nothing = { secret: null, pendingSecret: null, deactivationFile: null };
  keepLicense({ product: options.product, licenseFile, ...nothing }, process.env);
  return folder;
}

test('a program that was online when a root was revoked refuses its leases and license files ever after', async () => {
  const license = await server.givenLicense(policy);
  const { product } = license.options;
  const folder = await givenMachine(license);
  await using proxy = await startSigningProxy({ url: server.url, product }, old);
  const options = { ...license.options, url: proxy.url, roots };
  const offline = () => verifyInstalledFile({ product, roots });
  expect(await offline()).toMatchObject({ isGood: true });
  {
    await using seat = await acquire(options);
    expect(seat.doubt).toBeNull();
    const revoked = happens(seat, 'revoked');
    const lists = [await rootList(old, old, next)];
    await proxy.show({ roots: lists, revocations: await revocationList(next, ['root-1']), seq: 1 });
    expect(await revoked).toEqual({ part: 'certificate', fault: 'revoked_key' });
  }
  // From here on whoever speaks for the server tells nothing of it.
  await proxy.show({});
  expect(await offline()).toEqual({ isGood: false, fault: 'revoked_key' });
  await using seat = await acquire(options);
  expect(seat.doubt).toEqual({ part: 'certificate', fault: 'revoked_key' });
  const [kept = ''] = readdirSync(folder).filter((name) => name.startsWith('lists-'));
  expect(statSync(join(folder, kept)).mode & 0o077).toBe(0);
});

test('a root that a program learned of is known to the next one, without a network', async () => {
  const license = await server.givenLicense(policy);
  const { product } = license.options;
  const folder = await givenMachine(license, next);
  const offline = () => verifyInstalledFile({ product, roots });
  expect(await offline()).toEqual({ isGood: false, fault: 'unknown_key' });
  await using proxy = await startSigningProxy({ url: server.url, product }, next);
  await proxy.show({ roots: [await rootList(old, old, next)] });
  await using seat = await acquire({ ...license.options, url: proxy.url, roots });
  expect(seat.doubt).toBeNull();
  await eventually(() => readdirSync(folder).some((name) => name.startsWith('lists-')));
  expect(await offline()).toMatchObject({ isGood: true });
  const strangers = { keys: [givenForgedRoot('root-1').jwk] };
  expect(await verifyInstalledFile({ product, roots: strangers })).toMatchObject({ isGood: false });
});

test('the highest number that a stolen root can give keeps nobody from the list that revokes it', async () => {
  const license = await server.givenLicense(policy);
  const { product } = license.options;
  await givenMachine(license);
  await using proxy = await startSigningProxy({ url: server.url, product }, old);
  const pins = { keys: [old.jwk, next.jwk] };
  const options = { ...license.options, url: proxy.url, roots: pins };
  await verifyInstalledFile({
    ...{ product, roots: pins },
    revocations: await revocationList(old, [], Number.MAX_SAFE_INTEGER),
  });
  await proxy.show({ revocations: await revocationList(next, ['root-1']), seq: 1 });
  await using seat = await acquire(options);
  expect(await happens(seat, 'revoked')).toEqual({ part: 'certificate', fault: 'revoked_key' });
});

test('a damaged file of learned lists changes nothing, and neither do lists of strangers', async () => {
  const license = await server.givenLicense(policy);
  const { product } = license.options;
  const folder = await givenMachine(license);
  await using proxy = await startSigningProxy({ url: server.url, product }, next);
  await proxy.show({ roots: [await rootList(old, old, next)] });
  const options = { ...license.options, url: proxy.url, roots };
  await (await acquire(options)).release();
  const [name = ''] = readdirSync(folder).filter((one) => one.startsWith('lists-'));
  const file = join(folder, name);
  expect(existsSync(file)).toBe(true);
  const forged = givenForgedRoot('root-1');
  for (const text of [
    ...[
      '',
      '{',
      '[]',
      '{"roots":1,"revocations":{}}',
      '{"roots":[1,"x",""],"revocations":"e30.e30.e30"}',
    ],
    JSON.stringify({ roots: [await rootList(forged, forged)], revocations: null }),
    JSON.stringify({ roots: [], revocations: await revocationList(next, ['root-1']) }),
    JSON.stringify({ roots: [], revocations: await revocationList(forged, ['root-1']) }),
  ]) {
    writeFileSync(file, text);
    expect(await verifyInstalledFile({ product, roots })).toMatchObject({ isGood: true });
    await using seat = await acquire(options);
    expect(seat.doubt).toBeNull();
  }
});
