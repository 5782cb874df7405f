import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

export const versionStates = ['PENDING_GENERATION', 'ENABLED', 'DISABLED', 'DESTROYED'] as const;
export type VersionState = (typeof versionStates)[number];

const versionSchema = z.object({
  id: z.number().int(),
  state: z.enum(versionStates),
  /** When it was asked for, in unix milliseconds. */
  createdAt: z.number(),
});
export type StoredVersion = z.output<typeof versionSchema>;

/** The versions of the key, kept in a folder that only its owner may read. */
export type KeyStore = ReturnType<typeof openKeyStore>;

/**
 * Opens what the folder holds. A version whose generation was cut short goes on being generated.
 * Private keys are in files of mode 0600 and never leave the folder.
 */
export function openKeyStore(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const index = join(folder, 'versions.json');
  const pemFile = (id: number) => join(folder, `${id}.pem`);
  const versions = existsSync(index)
    ? z.array(versionSchema).parse(JSON.parse(readFileSync(index, 'utf8')))
    : [];
  const keys = new Map<number, KeyObject>();
  let isHeld = false;

  function save(): void {
    writePrivately(index, JSON.stringify(versions));
  }

  function settle(): void {
    for (const version of versions) {
      const isReady = version.state === 'PENDING_GENERATION' && existsSync(pemFile(version.id));
      if (isReady && !isHeld) version.state = 'ENABLED';
    }
    save();
  }

  /** Two for one version would each make a key, and the later one replace what has signed already. */
  const generations = new Map<number, Promise<void>>();
  function generate({ id }: StoredVersion): Promise<void> {
    const generation = generations.get(id) ?? makeKey(id);
    generations.set(id, generation);
    return generation;
  }

  async function makeKey(id: number): Promise<void> {
    if (!existsSync(pemFile(id))) {
      const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 4_096 });
      writePrivately(pemFile(id), privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    }
    settle();
  }

  function privateKey({ id }: StoredVersion): KeyObject {
    const key = keys.get(id) ?? createPrivateKey(readFileSync(pemFile(id), 'utf8'));
    keys.set(id, key);
    return key;
  }

  const generating = () =>
    Promise.all(versions.filter(({ state }) => state === 'PENDING_GENERATION').map(generate));

  return {
    list: (): readonly StoredVersion[] => versions,
    find: (id: number): StoredVersion | undefined => versions.find((one) => one.id === id),
    /** Makes the next version. It is pending at first, as in Cloud KMS, until its key is made. */
    create(): StoredVersion {
      const id = Math.max(0, ...versions.map((version) => version.id)) + 1;
      const version: StoredVersion = { id, state: 'PENDING_GENERATION', createdAt: Date.now() };
      versions.push(version);
      save();
      void generate(version);
      return version;
    },
    /** Puts a version into any state, also those that Cloud KMS would take days for. */
    setState(version: StoredVersion, state: VersionState): void {
      version.state = state;
      save();
    },
    /** Keeps new versions from leaving PENDING_GENERATION until it is called with false. */
    holdGeneration(isToBeHeld: boolean): void {
      if (isHeld === isToBeHeld) return;
      isHeld = isToBeHeld;
      settle();
    },
    /** Resolves when every key that was asked for is made. */
    async generated(): Promise<void> {
      await generating();
    },
    privateKey,
    publicPem(version: StoredVersion): string {
      const key = createPublicKey(privateKey(version));
      return key.export({ type: 'spki', format: 'pem' }).toString();
    },
  };
}

/** Replaces a file at once, so that a crash leaves the old one or the new one. */
function writePrivately(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
