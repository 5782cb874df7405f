/** The stand-in for Cloud KMS as a part of the server: it dies, hangs, or does what its switches say. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import type { faultsSchema } from '../../dev/kms/faults.ts';
import { startKms, type RunningKms } from '../../dev/platform/kms.ts';
import { freePort } from '../../dev/platform/ports.ts';
import { startPart, type Part } from './part.ts';

export type KmsFaults = z.input<typeof faultsSchema>;

export interface KmsPart extends Part {
  /** How a server reaches it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Replaces all its faults: what is not named is off. */
  fail: (faults: KmsFaults) => Promise<void>;
}

/** Starts it; in a folder that has no key yet, making one takes seconds. */
export async function startKmsPart(folder: string): Promise<KmsPart> {
  const port = await freePort();
  let running: RunningKms | null = null;
  const part = await startPart(async () => {
    running = await startKms({ dir: join(folder, 'kms'), port });
    return running;
  });
  const { endpoint, keyName } = presentOf(running);
  return {
    ...part,
    settings: { KMS_KEY: keyName, KMS_ENDPOINT: endpoint, KMS_PROTECTION_LEVEL: 'HSM' },
    async fail(faults) {
      const response = await fetch(`${presentOf(running).controlUrl}/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(faults),
      });
      if (!response.ok) throw new Error(`KMS does not take the faults: ${await response.text()}`);
    },
  };
}

function presentOf(running: RunningKms | null): RunningKms {
  if (running === null) throw new Error('KMS was never started');
  return running;
}

/** Keeps the roots that the server publishes in a file, as a program pins them; returns where. */
export async function pinRoots(apiUrl: string, folder: string): Promise<string> {
  const response = await fetch(`${apiUrl}/.well-known/jwks.json`);
  const { keys } = (await response.json()) as { keys: { alg: string }[] };
  const file = join(folder, 'roots.json');
  await writeFile(file, JSON.stringify({ keys: keys.filter(({ alg }) => alg === 'PS256') }));
  return file;
}
