/**
 * Cloud KMS, which keeps the root key. It signs license files and delegation certificates, a few dozen
 * times a day, and never on the way of a heartbeat.
 */
import { createHash } from 'node:crypto';
import type { Config } from './config.ts';
import { acceptPublicKey, acceptSignature, type KmsPublicKey } from './kms-answers.ts';
import { crc32c } from './crc32c.ts';
import { KmsAnswerFault, outcomeOf, toFailure } from './kms-faults.ts';
import { createKmsConnection, type CallOptions, type KmsClient } from './kms-connection.ts';
import { createKmsGuard, type KmsLimits } from './kms-guard.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

/** A version of the root key. Only an `ENABLED` one signs; a new one is `PENDING_GENERATION`. */
export interface KmsKeyVersion {
  /** The resource name, ending in `/cryptoKeyVersions/<number>`. */
  readonly version: string;
  readonly state: string;
}

/**
 * The root key. Versions are named by their resource names. Every function ends within 2 s and throws
 * LicensingError `unavailable` while KMS is away or refuses for a reason that can be mended (no role, a
 * version that is pending or disabled), or KmsFault when answers stay damaged after three tries, the key
 * is not of the kind that is set, or there is no such version.
 */
export interface Kms {
  /** A PS256 signature of the data, checked against the public key before it is handed out. */
  sign(version: string, data: Uint8Array): Promise<Buffer>;
  /** Asked of KMS once per version: it is charged, and never changes. */
  publicKey(version: string): Promise<KmsPublicKey>;
  /** All versions of the key, the oldest first, whatever their state. */
  listVersions(): Promise<readonly KmsKeyVersion[]>;
  /**
   * Asks for another version. Not idempotent: after `unavailable` it may be there all the same, so look
   * at the list before asking again.
   */
  createVersion(): Promise<KmsKeyVersion>;
  close(): Promise<void>;
}

const limits: KmsLimits = { deadlineMs: 2_000, breakAfter: 5, halfOpenAfterMs: 10_000 };

/**
 * Opens nothing before the first call: a process that never signs loads no SDK and needs no credentials.
 * @returns null without KMS_KEY.
 */
export function createKms(
  config: Pick<Config, 'KMS_KEY' | 'KMS_ENDPOINT' | 'KMS_PROTECTION_LEVEL'>,
  deps: { metrics: Metrics; log: Logger },
  { deadlineMs, breakAfter, halfOpenAfterMs }: KmsLimits = limits,
): Kms | null {
  const { KMS_KEY: keyName, KMS_PROTECTION_LEVEL: protectionLevel } = config;
  if (keyName === undefined) return null;
  const guard = createKmsGuard({ deadlineMs, breakAfter, halfOpenAfterMs }, deps);
  const connection = createKmsConnection(config.KMS_ENDPOINT);
  const publicKeys = new Map<string, KmsPublicKey>();

  /** Makes one call by the deadline. */
  async function ask<T>(
    call: { method: string; endsAt: number },
    send: (client: KmsClient, options: CallOptions) => Promise<T>,
  ): Promise<T> {
    let client: Promise<KmsClient> | null = null;
    try {
      return await guard.call(call, async (leftMs) => {
        client = connection.open();
        return send(await client, { timeout: leftMs, retry: null });
      });
    } catch (error) {
      // A connection that is half open would be tried again and again.
      if (outcomeOf(error) === 'away') connection.drop(client);
      throw error;
    }
  }

  async function loadKey(version: string, endsAt: number): Promise<KmsPublicKey> {
    const known = publicKeys.get(version);
    if (known !== undefined) return known;
    const key = await ask({ method: 'getPublicKey', endsAt }, async (client, options) => {
      const [answer] = await client.getPublicKey({ name: version }, options);
      return acceptPublicKey(answer, { version, protectionLevel });
    });
    publicKeys.set(version, key);
    return key;
  }

  async function signOnce(version: string, data: Uint8Array, endsAt: number): Promise<Buffer> {
    const { key } = await loadKey(version, endsAt);
    const sha256 = createHash('sha256').update(data).digest();
    const request = {
      name: version,
      digest: { sha256 },
      digestCrc32c: { value: crc32c(sha256) },
    };
    try {
      return await ask({ method: 'asymmetricSign', endsAt }, async (client, options) => {
        const [answer] = await client.asymmetricSign(request, options);
        return acceptSignature(answer, { version, protectionLevel, data, key });
      });
    } catch (error) {
      // It may be the key that was damaged before its checksum was made.
      if (error instanceof KmsAnswerFault) publicKeys.delete(version);
      throw error;
    }
  }

  async function finish<T>(work: (endsAt: number) => Promise<T>): Promise<T> {
    const endsAt = guard.endsAt();
    try {
      return await guard.triedAgain(() => work(endsAt));
    } catch (error) {
      throw toFailure(error);
    }
  }

  return {
    sign: (version, data) => finish((endsAt) => signOnce(version, data, endsAt)),
    publicKey: (version) => finish((endsAt) => loadKey(version, endsAt)),
    listVersions: () =>
      finish((endsAt) =>
        ask({ method: 'listCryptoKeyVersions', endsAt }, async (client, options) => {
          const [versions] = await client.listCryptoKeyVersions({ parent: keyName }, options);
          return versions.map(readVersion).toSorted((a, b) => numberOf(a) - numberOf(b));
        }),
      ),
    createVersion: () =>
      finish((endsAt) =>
        ask({ method: 'createCryptoKeyVersion', endsAt }, async (client, options) => {
          const request = { parent: keyName, cryptoKeyVersion: {} };
          const [version] = await client.createCryptoKeyVersion(request, options);
          return readVersion(version);
        }),
      ),
    close: () => connection.close(),
  };
}

function readVersion(answer: { name?: unknown; state?: unknown }): KmsKeyVersion {
  return { version: String(answer.name), state: String(answer.state) };
}

function numberOf({ version }: KmsKeyVersion): number {
  return Number(version.slice(version.lastIndexOf('/') + 1));
}
