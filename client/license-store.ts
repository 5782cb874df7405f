/**
 * Where a license file lies on the machine that it is for, one for each product and user, in the folder of
 * remembered seats. With it lies what only this machine knows: the secret behind the request that it
 * answers. Neither is of any use on another machine.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { misconfigured } from './errors.ts';
import { memoryFolder } from './memory.ts';
import { readPrivately, writePrivately } from './private-file.ts';

/** What is kept for a product. */
export interface KeptLicense {
  product: string;
  /** The installed license file; null: none is, yet or any more. */
  licenseFile: string | null;
  /** Behind the nonce of the request that it answers; null: it was not got by a request file. */
  secret: string | null;
  /** Behind the nonce of the request that was not answered yet. */
  pendingSecret: string | null;
  /** What gives the file up, once that was decided. */
  deactivationFile: string | null;
}

export function readLicense(product: string, environment: NodeJS.ProcessEnv): KeptLicense {
  const kept = readPrivately(fileOf(product, environment)) ?? {};
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  const { licenseFile, secret, pendingSecret, deactivationFile } = kept;
  return {
    product,
    licenseFile: textOf(licenseFile),
    secret: textOf(secret),
    pendingSecret: textOf(pendingSecret),
    deactivationFile: textOf(deactivationFile),
  };
}

/** @throws LeaseholdError `misconfigured` when it cannot be kept. */
export function keepLicense(kept: KeptLicense, environment: NodeJS.ProcessEnv): void {
  const file = fileOf(kept.product, environment);
  if (writePrivately(file, JSON.stringify(kept))) return;
  throw misconfigured(`The license file cannot be kept (LEASEHOLD_STATE_DIR): ${file}`);
}

function fileOf(product: string, environment: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256').update(product).digest('hex').slice(0, 32);
  return join(memoryFolder(environment), `${hash}.license.json`);
}
