/**
 * How a machine without a network gives its license file up: it deletes the file and writes a deactivation
 * file, which somebody carries to the server. What that proves: the machine that asked for the file wrote
 * it, since only that one knows the secret behind the request's nonce. What nothing offline can prove: that
 * no copy of the license file was kept. Such a copy runs on that one device alone, until the file ends.
 */
import { z } from 'zod';
import { armor, readArmor, type ArmorFault } from './armor.ts';
import { deviceHashPattern } from './device-hash.ts';
import { decodeJson, encodeJson } from './jws.ts';

const deactivation = z.strictObject({
  v: z.literal(1),
  license: z.string().min(1).max(64),
  file: z.string().min(1).max(64),
  device: z.string().regex(deviceHashPattern),
  secret: z.string().min(1).max(64).optional(),
});

/**
 * What a deactivation file says:
 * - `v` the version of this form
 * - `license`, `file`, `device` the claims `sub`, `jti` and `fp` of the license file that was given up
 * - `secret` that behind the nonce of the request; absent when the file was not got by a request file
 */
export type Deactivation = z.infer<typeof deactivation>;

/** Says that a machine gave its license file up. The caller deletes that file first. */
export function makeDeactivationFile(given: Omit<Deactivation, 'v'>): string {
  return armor('DEACTIVATION FILE', encodeJson(deactivation.parse({ v: 1, ...given })));
}

export type DeactivationCheck =
  | { readonly isGood: true; readonly deactivation: Deactivation }
  | { readonly isGood: false; readonly fault: ArmorFault | 'malformed' };

/** Reads a deactivation file from anywhere; whether its secret is the right one the caller finds out. */
export function readDeactivationFile(file: string): DeactivationCheck {
  const armored = readArmor('DEACTIVATION FILE', file);
  if (!armored.isGood) return armored;
  const { data } = deactivation.safeParse(decodeJson(armored.text));
  return data === undefined
    ? { isGood: false, fault: 'malformed' }
    : { isGood: true, deactivation: data };
}
