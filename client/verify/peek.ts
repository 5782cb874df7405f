import { decodeJwt } from 'jose';
import { readArmor } from '../../signing/tokens/armor.ts';

/** What names a license file, read without believing it: to give it up, or to look for its product. */
export interface PeekedFile {
  /** Its check-out. */
  readonly id: string;
  readonly licenseId: string;
  readonly product: string;
  /** The hash of its device; null: it is bound to none. */
  readonly device: string | null;
}

/** Null: it is no license file. */
export function peekLicenseFile(file: string): PeekedFile | null {
  const armored = readArmor('LICENSE FILE', file);
  if (!armored.isGood) return null;
  try {
    const { jti: id, sub: licenseId, aud: product, fp = null } = decodeJwt(armored.text);
    const isWhole = id !== undefined && licenseId !== undefined && typeof product === 'string';
    if (!isWhole || (fp !== null && typeof fp !== 'string')) return null;
    return { id, licenseId, product, device: fp };
  } catch {
    return null;
  }
}
