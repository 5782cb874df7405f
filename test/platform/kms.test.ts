import { constants, createPublicKey, createVerify } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { compactVerify } from 'jose';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { corruptions } from '../../dev/kms/faults.ts';
import { LicensingError } from '../../domain/errors.ts';
import { crc32c } from '../../platform/crc32c.ts';
import { createKms, type Kms } from '../../platform/kms.ts';
import { KmsFault, type KmsOutcome } from '../../platform/kms-faults.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { eventually } from '../support/eventually.ts';
import { kmsSettings, startTestKms } from '../support/kms.ts';
import { startProxy } from '../support/proxy.ts';

const log = pino({ level: 'silent' });
const data = Buffer.from('what is signed');

test('the checksum is CRC-32C', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(0))).toBe(0);
});

test('without a key nothing is made', () => {
  const metrics = createMetrics('api');
  const none = {
    KMS_KEY: undefined,
    KMS_ENDPOINT: undefined,
    KMS_PROTECTION_LEVEL: 'HSM',
  } as const;
  expect(createKms(none, { metrics, log })).toBeNull();
});

const server = await startTestKms();
const version = server.versionName();
beforeEach(() => server.faults.set({}));

/** A connection of its own with what it has counted, which is closed after the file's last test. */
function givenKms(
  endpoint = server.endpoint,
  level: 'HSM' | 'SOFTWARE' = 'HSM',
  deadlineMs = 2_000,
) {
  const metrics = createMetrics('worker');
  const limits = { deadlineMs, breakAfter: 3, halfOpenAfterMs: 100 };
  const config = { ...kmsSettings(server, endpoint), KMS_PROTECTION_LEVEL: level };
  const kms = orThrow(createKms(config, { metrics, log }, limits));
  afterAll(() => kms.close());
  const counted = async (method: string) => {
    const { values } = await metrics.kmsCalls.get();
    const ofMethod = values.filter(({ labels, value }) => labels.method === method && value > 0);
    return Object.fromEntries(
      ofMethod.map(({ labels, value }) => [labels.outcome, value] as const),
    ) as Partial<Record<KmsOutcome, number>>;
  };
  const isOpen = async () => (await metrics.kmsBreakerOpen.get()).values[0]?.value === 1;
  return { kms, counted, isOpen };
}

function orThrow(kms: Kms | null): Kms {
  if (kms === null) throw new Error('KMS_KEY is missing');
  return kms;
}

/** What any KMS must do. It runs against the stand-in, and against Cloud KMS where a key is set. */
function keepsTheContract(connect: () => Kms): void {
  const findEnabled = async (kms: Kms) => {
    const enabled = (await kms.listVersions()).find(({ state }) => state === 'ENABLED');
    return enabled?.version ?? '';
  };

  test('a signature is PS256 to a JWS library', async () => {
    const kms = connect();
    const signer = await findEnabled(kms);
    const head = Buffer.from(JSON.stringify({ alg: 'PS256' })).toString('base64url');
    const input = `${head}.${data.toString('base64url')}`;
    const signature = await kms.sign(signer, Buffer.from(input));
    const { key } = await kms.publicKey(signer);
    const verified = await compactVerify(`${input}.${signature.toString('base64url')}`, key);
    expect(Buffer.from(verified.payload)).toEqual(data);
  });

  test('its salt is as long as its digest, and each signature has another', async () => {
    const kms = connect();
    const signer = await findEnabled(kms);
    const { pem } = await kms.publicKey(signer);
    const [one, other] = [await kms.sign(signer, data), await kms.sign(signer, data)];
    const key = { key: createPublicKey(pem), padding: constants.RSA_PKCS1_PSS_PADDING };
    for (const signature of [one, other]) {
      expect(signature).toHaveLength(512);
      const verifying = createVerify('sha256').update(data);
      expect(verifying.verify({ ...key, saltLength: 32 }, signature)).toBe(true);
    }
    expect(one).not.toEqual(other);
  });

  test('a version that does not exist is not tried again', async () => {
    const kms = connect();
    const missing = (await findEnabled(kms)).replace(/\d+$/, '999999');
    await expect(kms.sign(missing, data)).rejects.toThrow(KmsFault);
  });
}

describe('the stand-in', () => {
  keepsTheContract(() => givenKms().kms);
});

const behindSocket = await startTestKms({
  socket: join(mkdtempSync(join(inject('scratchFolder'), 'kms-')), 'kms.sock'),
});
describe('the stand-in behind a socket', () => {
  keepsTheContract(() => givenKms(behindSocket.endpoint).kms);
});

const realKey = process.env['KMS_KEY'];
describe.skipIf(realKey === undefined)('Cloud KMS itself, when KMS_KEY is set', () => {
  keepsTheContract(() => {
    const isSoftware = process.env['KMS_PROTECTION_LEVEL'] === 'SOFTWARE';
    const level = isSoftware ? ('SOFTWARE' as const) : ('HSM' as const);
    const config = { KMS_KEY: realKey, KMS_ENDPOINT: undefined, KMS_PROTECTION_LEVEL: level };
    const kms = orThrow(createKms(config, { metrics: createMetrics('worker'), log }));
    afterAll(() => kms.close());
    return kms;
  });
});

describe('the public key', () => {
  test('is asked for once', async () => {
    const { kms, counted } = givenKms();
    await kms.sign(version, data);
    await kms.sign(version, data);
    expect(await kms.publicKey(version)).toEqual(await kms.publicKey(version));
    expect(await counted('getPublicKey')).toEqual({ answered: 1 });
    expect(await counted('asymmetricSign')).toEqual({ answered: 2 });
  });

  test.each(['pemCrc32c', 'name', 'pem'] as const)(
    'that comes damaged in %s signs nothing, and the next try finds the good one',
    async (corrupt) => {
      const { kms } = givenKms();
      server.faults.set({ corrupt, times: 1 });
      await kms.sign(version, data);
    },
  );

  test.each(['pemCrc32c', 'name'] as const)(
    'that is damaged in %s is not handed out',
    async (corrupt) => {
      const { kms } = givenKms();
      server.faults.set({ corrupt });
      await expect(kms.publicKey(version)).rejects.toThrow(KmsFault);
    },
  );
});

describe('an answer that is damaged', () => {
  const retried = corruptions.filter((one) => one !== 'algorithm' && one !== 'protectionLevel');

  test.each(retried)('in %s is never handed out, and asked for three times', async (corrupt) => {
    const { kms, counted } = givenKms();
    server.faults.set({ corrupt });
    await expect(kms.sign(version, data)).rejects.toThrow(KmsFault);
    const { corrupted } = {
      ...(await counted('getPublicKey')),
      ...(await counted('asymmetricSign')),
    };
    expect(corrupted).toBe(3);
  });

  test.each(['signature', 'signatureCrc32c', 'verifiedDigestCrc32c', 'name'] as const)(
    'in %s once costs one more try',
    async (corrupt) => {
      const { kms, counted } = givenKms();
      await kms.publicKey(version);
      server.faults.set({ corrupt, times: 1 });
      await kms.sign(version, data);
      expect(await counted('asymmetricSign')).toEqual({ corrupted: 1, answered: 1 });
    },
  );

  test.each(['algorithm', 'protectionLevel'] as const)(
    'in %s is a key of another kind, and is asked for once',
    async (corrupt) => {
      const { kms, counted } = givenKms();
      server.faults.set({ corrupt });
      await expect(kms.sign(version, data)).rejects.toThrow(KmsFault);
      expect(await counted('getPublicKey')).toEqual({ unfit: 1 });
    },
  );

  test('in the protection level of one signature is refused', async () => {
    const { kms, counted } = givenKms();
    await kms.publicKey(version);
    server.faults.set({ corrupt: 'protectionLevel', times: 1 });
    await expect(kms.sign(version, data)).rejects.toThrow(KmsFault);
    expect(await counted('asymmetricSign')).toEqual({ unfit: 1 });
  });

  test('is not taken for an outage', async () => {
    const { kms, isOpen } = givenKms();
    server.faults.set({ corrupt: 'signature' });
    for (let call = 0; call < 4; call += 1) await kms.sign(version, data).catch(() => undefined);
    expect(await isOpen()).toBe(false);
  });
});

test('a key that is kept elsewhere than was set signs nothing', async () => {
  const { kms } = givenKms(server.endpoint, 'SOFTWARE');
  await expect(kms.sign(version, data)).rejects.toThrow(KmsFault);
});

describe('a refusal', () => {
  test('for want of a role is told as something that may pass, and opens no breaker', async () => {
    const { kms, counted, isOpen } = givenKms();
    server.faults.set({ status: 'PERMISSION_DENIED', times: 4 });
    for (let call = 0; call < 4; call += 1) await expectUnavailable(kms.sign(version, data));
    expect(await counted('getPublicKey')).toEqual({ refused: 4 });
    expect(await isOpen()).toBe(false);
    await kms.sign(version, data);
  });

  test.each(['DISABLED', 'PENDING_GENERATION', 'DESTROYED'] as const)(
    'of a version that is %s ends when it is enabled',
    async (state) => {
      const { kms } = givenKms();
      const stored = server.store.list()[0];
      if (stored === undefined) throw new Error('No version');
      server.store.setState(stored, state);
      await expectUnavailable(kms.sign(version, data));
      server.store.setState(stored, 'ENABLED');
      await kms.sign(version, data);
    },
  );
});

describe('a KMS that is away', () => {
  test.each([
    ['answers nothing', { stall: true }],
    ['answers too late', { delayMs: 5_000 }],
    ['says UNAVAILABLE', { status: 'UNAVAILABLE' }],
    ['has no quota left', { status: 'RESOURCE_EXHAUSTED' }],
    ['fails', { status: 'INTERNAL' }],
  ] as const)('and %s costs a caller the deadline at most', async (_what, faults) => {
    const { kms, counted } = givenKms(server.endpoint, 'HSM', 600);
    await kms.publicKey(version);
    server.faults.set(faults);
    const begun = performance.now();
    await expectUnavailable(kms.sign(version, data));
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(await counted('asymmetricSign')).toEqual({ away: 1 });
  });

  test('is not asked for a while, and then found again', async () => {
    const { kms, counted, isOpen } = givenKms(server.endpoint, 'HSM', 600);
    await kms.publicKey(version);
    server.faults.set({ status: 'UNAVAILABLE' });
    for (let call = 0; call < 3; call += 1) await expectUnavailable(kms.sign(version, data));
    expect(await isOpen()).toBe(true);
    const asked = server.calls('asymmetricSign');
    await expectUnavailable(kms.sign(version, data));
    expect(server.calls('asymmetricSign')).toBe(asked);
    expect(await counted('asymmetricSign')).toEqual({ away: 3, not_asked: 1 });
    server.faults.set({});
    await eventually(() => kms.sign(version, data));
    expect(await isOpen()).toBe(false);
  });

  test('keeps nobody beyond the deadline who waits for the trial call of another', async () => {
    const { kms, isOpen } = givenKms(server.endpoint, 'HSM', 600);
    await kms.publicKey(version);
    server.faults.set({ status: 'UNAVAILABLE' });
    for (let call = 0; call < 3; call += 1) await expectUnavailable(kms.sign(version, data));
    expect(await isOpen()).toBe(true);
    server.faults.set({ delayMs: 450 });
    const outcomes = await eventually(async () => {
      const begun = performance.now();
      const signing = [kms.sign(version, data), kms.sign(version, data)];
      const settled = await Promise.allSettled(signing);
      expect(performance.now() - begun).toBeLessThan(850);
      return settled.some(({ status }) => status === 'fulfilled') && settled;
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  test('is found again when its connection was cut, and when one went silent', async () => {
    const port = Number(server.endpoint.split(':')[1]);
    const proxy = await startProxy({ host: '127.0.0.1', port });
    const { kms } = givenKms(`127.0.0.1:${proxy.port}`, 'HSM', 600);
    await kms.sign(version, data);
    proxy.freeze();
    await expectUnavailable(kms.sign(version, data));
    await kms.sign(version, data);
    proxy.cut();
    await expectUnavailable(kms.sign(version, data));
    proxy.mend();
    await eventually(() => kms.sign(version, data));
  });
});

describe('versions', () => {
  test('a new one is pending, then enabled, and signs with a key of its own', async () => {
    const { kms } = givenKms();
    server.faults.set({ holdGeneration: true });
    const { version: made, state } = await kms.createVersion();
    expect(state).toBe('PENDING_GENERATION');
    await expectUnavailable(kms.sign(made, data));
    server.faults.set({});
    await server.store.generated();
    const listed = async () =>
      (await kms.listVersions()).find((one) => one.version === made)?.state;
    await eventually(async () => (await listed()) === 'ENABLED');
    await kms.sign(made, data);
    expect((await kms.publicKey(made)).pem).not.toBe((await kms.publicKey(version)).pem);
    expect((await kms.listVersions()).map((one) => one.version)).toEqual([version, made]);
  });
});

async function expectUnavailable(work: Promise<unknown>): Promise<void> {
  const failure: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(LicensingError);
  expect(failure).toMatchObject({ code: 'unavailable' });
}
