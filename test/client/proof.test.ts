/** A program that pins roots: what it believes, and that nobody is locked out by what it does not. */
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, inject, test, vi } from 'vitest';
import { acquire } from '../../client/index.ts';
import { makeRevocationList } from '../../signing/tokens/revocation-list.ts';
import { makeRootList } from '../../signing/tokens/root-list.ts';
import { edited } from '../../dev/conformance/forgery.ts';
import { eventually } from '../support/eventually.ts';
import { givenRoot } from '../support/roots.ts';
import { happens } from './support/happens.ts';
import { startLicenceServer, type GivenLicense } from './support/licence-server.ts';
import { startCli } from './support/program.ts';
import { startSigningProxy, type Lie } from './support/signing-proxy.ts';

const server = await startLicenceServer();
const root = givenRoot(1);
const roots = { keys: [root.jwk] };
const issuer = 'https://licenses.example.com';
const now = () => Math.floor(Date.now() / 1000);
const quick = { leaseSeconds: 5, heartbeatSeconds: 1 };
const slow = { leaseSeconds: 360, heartbeatSeconds: 120 };

afterEach(() => {
  vi.unstubAllEnvs();
});

async function givenSigned(license: GivenLicense) {
  const { product } = license.options;
  const proxy = await startSigningProxy({ url: server.url, product }, root);
  return { proxy, options: { ...license.options, url: proxy.url, roots } };
}

const withoutProof: Lie = ({ denial: _, certificate: __, ...answer }) => answer;
const withEditedToken: Lie = (answer) =>
  typeof answer['leaseToken'] === 'string'
    ? { ...answer, leaseToken: edited(answer['leaseToken'], 'claims', { exp: 4_000_000_000 }) }
    : answer;

test('a good lease token is kept, and says what the license grants', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using seat = await acquire(options);
  const { claims } = seat.leaseToken ?? {};
  expect(claims).toMatchObject({ sid: seat.sessionId, sub: license.licenseId });
  expect(seat.doubt).toBeNull();
  expect(seat.entitlements).toEqual({ agents: 52, betas: true, support: 'mail' });
  expect(seat.feature('agents')).toBe(52);
  expect(seat.feature('constructor')).toBeUndefined();
  await eventually(() => (seat.leaseToken?.claims.iat ?? 0) > (claims?.iat ?? Infinity));
});

test('a lease token that is not good is told once, and takes nothing away', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using seat = await acquire(options);
  const before = seat.leaseToken;
  const told: unknown[] = [];
  seat.on('tampered', (doubt) => told.push(doubt));
  proxy.tell(withEditedToken);
  const tampered = happens(seat, 'tampered');
  expect(await tampered).toEqual({ part: 'token', fault: 'bad_signature' });
  await happens(seat, 'renewed');
  await happens(seat, 'renewed');
  expect(told).toHaveLength(1);
  expect(seat.state).toBe('online');
  expect(seat.signal.aborted).toBe(false);
  expect(seat.leaseToken?.claims.sid).toBe(before?.claims.sid);
  expect(seat.doubt).toMatchObject({ fault: 'bad_signature' });
  proxy.tell(null);
  await eventually(() => seat.doubt === null);
});

test.each<[string, Lie, string]>([
  ['no certificate', ({ certificate: _, ...answer }) => answer, 'missing'],
  ['an edited token', withEditedToken, 'bad_signature'],
])('a seat whose first lease token came with %s is held all the same', async (_how, lie, fault) => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  proxy.tell(lie);
  await using seat = await acquire(options);
  expect(await happens(seat, 'tampered')).toMatchObject({ fault });
  expect(seat.state).toBe('online');
  expect(seat.leaseToken).toBeNull();
  expect(seat.entitlements).toBeNull();
  expect(seat.feature('agents')).toBeUndefined();
});

test('the lease token of another seat proves nothing of this one', async () => {
  const license = await server.givenLicense({ count: 2, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using other = await acquire({ ...options, instanceKey: 'other' });
  const { token: leaseToken, certificate } = other.leaseToken ?? {};
  proxy.tell((answer) => ({ ...answer, leaseToken, certificate }));
  await using seat = await acquire({ ...options, instanceKey: 'this' });
  expect(await happens(seat, 'tampered')).toEqual({ part: 'token', fault: 'other_session' });
});

test('a denial counts when the server has signed it for this request', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using _holder = await acquire({ ...options, instanceKey: 'holder' });
  await expect(acquire({ ...options, instanceKey: 'late' })).rejects.toMatchObject({
    ...{ code: 'no_seats_available', conclusive: true, seats: { used: 1, limit: 1 } },
    denial: { token: expect.any(String) as string },
  });
});

test('a denial without proof is asked again, and at last told as what denies nothing', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using holder = await acquire({ ...options, instanceKey: 'holder' });
  const late = { ...options, instanceKey: 'late', patienceMs: 500 };
  const retried: string[] = [];
  const kept: Lie[] = [];
  const lies: [Lie, RegExp][] = [
    [withoutProof, /it is not signed/],
    [(answer) => ({ ...answer, code: 'license_revoked' }), /another refusal/],
    [
      (answer) => {
        const { denial, certificate } = answer;
        kept.push((next) => ({ ...next, denial, certificate }));
        return kept[0]?.(answer, {}) ?? answer;
      },
      /it answers another request/,
    ],
  ];
  for (const [lie, doubt] of lies) {
    proxy.tell(lie);
    // The first answer of the last lie is a good one, which is kept and told again.
    if (lie === lies.at(-1)?.[0]) await acquire(late).catch(() => undefined);
    const denied = acquire({ ...late, onRetry: ({ code }) => retried.push(code) });
    await expect(denied).rejects.toMatchObject({
      ...{ code: 'unproven', conclusive: false, retryable: true },
      detail: expect.stringMatching(doubt) as string,
      holders: [{ sessionId: holder.sessionId }],
    });
  }
  expect(new Set(retried)).toEqual(new Set(['unproven']));
});

test('a seat is not lost by a refusal without proof, and is by the one that the server signed', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using seat = await acquire(options);
  const degraded = happens(seat, 'degraded');
  proxy.tell(withoutProof);
  await server.forceRelease(license, seat.sessionId);
  expect(await degraded).toMatchObject({ code: 'unproven', conclusive: false, reason: 'forced' });
  const lost = happens(seat, 'lost');
  proxy.tell(null);
  expect(await lost).toMatchObject({ reason: 'forced', error: { code: 'session_ended' } });
});

test('new secrets of the server cost no seat: a refusal that nobody can sign leads to a new request', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using seat = await acquire(options);
  const { sessionId } = seat;
  proxy.reroute(`http://127.0.0.1:${await server.startWithNewSecrets()}`);
  // One beat may have been under way.
  await happens(seat, 'renewed');
  await happens(seat, 'renewed');
  expect(seat).toMatchObject({ state: 'online', sessionId });
  expect(await server.seatsOf(license)).toMatchObject({ used: 1 });
});

test('a client with old pins goes on through a change of the root, by the list that its root has signed', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  const next = givenRoot(2);
  const keys = [root, next].map(({ jwk }) => ({ ...jwk, not_before: 0 }));
  const list = await makeRootList(root.signer, { issuer, seq: 1, keys, at: now() });
  await proxy.show({ roots: [list] }, next);
  await using seat = await acquire({ ...options, instanceKey: 'holder' });
  expect(seat.doubt).toBeNull();
  expect(seat.leaseToken?.claims.sid).toBe(seat.sessionId);
  await expect(acquire({ ...options, instanceKey: 'late' })).rejects.toMatchObject({
    ...{ code: 'no_seats_available', conclusive: true },
  });
});

test('a root that no trusted one has listed is not believed, whatever the server shows', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  const own = givenRoot(3);
  const keys = [{ ...own.jwk, not_before: 0 }];
  await proxy.show(
    { roots: [await makeRootList(own.signer, { issuer, seq: 1, keys, at: now() })] },
    own,
  );
  await using seat = await acquire(options);
  expect(seat.doubt).toEqual({ part: 'certificate', fault: 'unknown_key' });
  expect(seat).toMatchObject({ state: 'online', leaseToken: null });
});

test('what a list revokes proves nothing any more, until the next delegate signs', async () => {
  const license = await server.givenLicense({ count: 1, ...quick });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  await using seat = await acquire(options);
  const listed = { issuer, seq: 1, keys: ['d1'], licenses: [], leases: [], at: now() };
  const revocations = await makeRevocationList(root.signer, listed);
  const revoked = happens(seat, 'revoked');
  await proxy.show({ revocations, seq: 1 });
  expect(await revoked).toEqual({ part: 'certificate', fault: 'revoked_key' });
  expect(seat).toMatchObject({ state: 'online', leaseToken: null });
  await proxy.show({ revocations, seq: 1 }, root);
  await eventually(() => seat.leaseToken !== null && seat.doubt === null);
});

test('without pinned roots a program believes what it always believed', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  const { roots: _, ...unpinned } = options;
  await using seat = await acquire({ ...unpinned, instanceKey: 'holder' });
  expect(seat.leaseToken).toBeNull();
  proxy.tell(withoutProof);
  await expect(acquire({ ...unpinned, instanceKey: 'late' })).rejects.toMatchObject({
    ...{ code: 'no_seats_available', conclusive: true },
  });
});

test('pins that cannot be used stop a program at once: it was to verify', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const misconfigured = { code: 'misconfigured', conclusive: false };
  for (const wrong of [{ keys: [] }, 'nowhere.json', { keys: [{ ...root.jwk, n: 'AQAB' }] }]) {
    const refused = acquire({ ...license.options, roots: wrong });
    await expect(refused).rejects.toMatchObject(misconfigured);
  }
  vi.stubEnv('LEASEHOLD_ROOTS', 'nowhere.json');
  await expect(acquire(license.options)).rejects.toMatchObject(misconfigured);
  expect(await server.seatsOf(license)).toMatchObject({ used: 0 });
});

test('what a program remembers of its seat is verified by another one, offline', async () => {
  const license = await server.givenLicense({ count: 1, ...slow });
  const { proxy, options } = await givenSigned(license);
  await using _proxy = proxy;
  const folder = mkdtempSync(join(inject('scratchFolder'), 'proof-'));
  vi.stubEnv('LEASEHOLD_STATE_DIR', folder);
  await using seat = await acquire({ ...options, remember: true });
  const [file = ''] = readdirSync(folder);
  const pins = join(folder, 'roots.json');
  writeFileSync(pins, JSON.stringify(roots));
  const verify = startCli(['verify', join(folder, file), '--roots', pins]);
  expect(await verify.ended).toBe(0);
  expect(verify.stdout.at(-1)).toContain(`gives ${seat.sessionId} a seat`);
});
