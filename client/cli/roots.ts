/** `leasehold roots`: writes down the roots that a server shows, for people to compare and programs to pin. */
import { existsSync } from 'node:fs';
import { resolveUrl } from '../settings.ts';
import { fetchKeySet } from '../well-known.ts';
import { exitCodes } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { readText, writeText } from './files.ts';

export interface RootsOptions {
  url?: string;
  /** The file of the pins. */
  out: string;
  /** Overwrite pins that are others. */
  force: boolean;
  json: boolean;
}

/** Prints each root with its fingerprint on standard output. @returns the exit code. */
export async function roots(options: RootsOptions): Promise<number> {
  try {
    const { out, force, json } = options;
    const keySet = await fetchKeySet(resolveUrl(options, process.env));
    const { fingerprintsOf, rootKeysOf } = await import('../verify/index.ts');
    const keys = rootKeysOf(keySet);
    const shown = await fingerprintsOf(keys);
    const pinned = await pinnedIn(out);
    const isOther = pinned !== null && pinned.some((line, index) => line !== lineOf(shown[index]));
    const isWritten = !isOther || force;
    if (isWritten) writeText(out, `${JSON.stringify({ keys }, null, 2)}\n`);
    if (json) console.log(JSON.stringify({ roots: shown, file: out, isWritten }));
    else {
      for (const root of shown) console.log(lineOf(root));
      console.log(
        isWritten
          ? `Written to ${out}. Compare the fingerprints with those that the vendor published before you trust them.`
          : `${out} pins other roots and is left as it is; --force overwrites it.`,
      );
    }
    return isWritten ? 0 : exitCodes.notProven;
  } catch (error) {
    return reportFailure(error, options);
  }
}

interface ShownRoot {
  kid: string;
  fingerprint: string;
}

function lineOf(root: ShownRoot | undefined): string {
  return root === undefined ? '' : `${root.kid}  sha256:${root.fingerprint}`;
}

/** The roots that a file pins already; null: there is none. Roots that follow them are no others. */
async function pinnedIn(file: string): Promise<string[] | null> {
  if (file === '-' || !existsSync(file)) return null;
  const { fingerprintsOf, rootKeysOf } = await import('../verify/index.ts');
  const keySet: unknown = JSON.parse(readText(file, 'file of the pins'));
  return (await fingerprintsOf(rootKeysOf(keySet))).map(lineOf);
}
