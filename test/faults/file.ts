/** License files as a client gets them. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { verifyLicenseFile } from '../../signing/tokens/license-file.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { trustPinned } from '../../signing/tokens/root-list.ts';

export const fileAnswerSchema = z.object({
  checkOut: z.object({ id: z.string(), status: z.string() }),
  licenseFile: z.string().optional(),
});

/** A license file that was asked for. */
export interface HeldFile {
  id: string;
  status: string;
  /** Signed, and with the client. */
  isHere: boolean;
}

/** Tells until when a license file lasts, in unix milliseconds; null for one that the pinned roots do not prove. */
export type FileReader = (licenseFile: string) => Promise<number | null>;

/** @param rootsFile the roots that are pinned. */
export async function createFileReader(rootsFile: string): Promise<FileReader> {
  const { roots } = trustPinned(JSON.parse(await readFile(rootsFile, 'utf8')));
  return async (licenseFile) => {
    const at = Math.floor(Date.now() / 1_000);
    const demand = { roots, revoked: nothingRevoked, at, audience: null, device: null };
    const check = await verifyLicenseFile(licenseFile, demand);
    return check.isGood ? check.claims.exp * 1_000 : null;
  };
}
