import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, inject } from 'vitest';
import { openKeyStore } from '../../dev/kms/key-store.ts';
import { serveKms, type ServedKms } from '../../dev/kms/server.ts';
import type { Config } from '../../platform/config.ts';
import { eventually } from './eventually.ts';

/**
 * Starts the stand-in for Cloud KMS with one enabled version, and stops it after the file's last test.
 * Call it at the top level of a file: it registers an `afterAll`.
 */
export async function startTestKms(where: { socket?: string } = {}): Promise<ServedKms> {
  const kms = await serveKms({ folder: await keyFolder(), ...where });
  afterAll(kms.stop);
  return kms;
}

/** What settings say of a stand-in, in this process or in one of its own. */
export type ReachedKms = Pick<ServedKms, 'keyName' | 'endpoint'>;

/** The settings by which the server reaches a stand-in. */
export function kmsSettings(
  { keyName }: Pick<ServedKms, 'keyName'>,
  endpoint: string,
): Pick<Config, 'KMS_KEY' | 'KMS_ENDPOINT' | 'KMS_PROTECTION_LEVEL'> {
  return { KMS_KEY: keyName, KMS_ENDPOINT: endpoint, KMS_PROTECTION_LEVEL: 'HSM' };
}

/** The environment of a server that signs with a stand-in's key. */
export function kmsEnvironment(kms: ReachedKms): Record<string, string> {
  const sealKey = `s1:${randomBytes(32).toString('base64url')}`;
  return { ...kmsSettings(kms, kms.endpoint), SIGNING_SEAL_KEYS: sealKey } as Record<
    string,
    string
  >;
}

/** A folder that already holds the first version: making its key takes seconds, and one a run is enough. */
export async function keyFolder(): Promise<string> {
  const folder = mkdtempSync(join(inject('scratchFolder'), 'kms-'));
  const pem = await sharedPem();
  copyFileSync(pem, join(folder, '1.pem'));
  const store = openKeyStore(folder);
  store.create();
  await store.generated();
  return folder;
}

/** Made by whichever test file of the run is the first; the others wait for it. */
async function sharedPem(): Promise<string> {
  const folder = join(inject('scratchFolder'), 'root-key');
  const pem = join(folder, 'root.pem');
  if (isFirst(folder)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 4_096 });
    writeFileSync(`${pem}.new`, privateKey.export({ type: 'pkcs8', format: 'pem' }), {
      mode: 0o600,
    });
    renameSync(`${pem}.new`, pem);
  }
  await eventually(() => existsSync(pem), { withinMs: 60_000 });
  return pem;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
