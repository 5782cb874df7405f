/**
 * How a machine that never sees a network asks for its license file: it writes a request file, somebody
 * carries that to the server together with the license key, and carries the license file back. There is no
 * secret in a request, and nothing that names the machine to others.
 */
import { base64url } from 'jose';
import { z } from 'zod';
import { armor, readArmor, type ArmorFault } from './armor.ts';
import { deviceHashPattern, hashDevice, hashText } from './device-hash.ts';
import { decodeJson, encodeJson } from './jws.ts';

/** What a nonce looks like that commits to a secret. */
const commitment = /^[\w-]{43}$/;

const request = z.strictObject({
  v: z.literal(1),
  product: z.string().min(1).max(64),
  usage: z.enum(['builder', 'runtime']),
  device: z.string().regex(deviceHashPattern),
  nonce: z.string().regex(commitment),
  ttl: z.int().min(60).optional(),
});

/**
 * What a request file says:
 * - `v` the version of this form
 * - `product` its code; `usage` the type of use
 * - `device` the hash of the machine (`hashDevice`)
 * - `nonce` the hash of a secret that stays on the machine (`commitTo`): the license file repeats it, and
 *   whoever shows the secret later is the machine that asked
 * - `ttl` for how many seconds the file is wanted; the plan's time unless given
 */
export type FileRequest = z.infer<typeof request>;

/** What the machine keeps and what it hands out. */
export interface MadeRequest {
  /** The text to carry to the server. */
  file: string;
  /** Kept on the machine: it checks the answer with `request.nonce` and gives the file up with `secret`. */
  secret: string;
  request: FileRequest;
}

/** Asks for a license file for this machine, with a new secret. */
export async function makeRequestFile(asked: {
  product: string;
  usage: FileRequest['usage'];
  fingerprint: string;
  ttl?: number | undefined;
}): Promise<MadeRequest> {
  const secret = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  const made = request.parse({
    v: 1,
    product: asked.product,
    usage: asked.usage,
    device: await hashDevice(asked.product, asked.fingerprint),
    nonce: await commitTo(secret),
    ...(asked.ttl === undefined ? {} : { ttl: asked.ttl }),
  });
  return { file: armor('REQUEST FILE', encodeJson(made)), secret, request: made };
}

export type RequestFileCheck =
  | { readonly isGood: true; readonly request: FileRequest }
  | { readonly isGood: false; readonly fault: ArmorFault | 'malformed' };

/** Reads a request file from anywhere. Whatever it says anybody may have written. */
export function readRequestFile(file: string): RequestFileCheck {
  const armored = readArmor('REQUEST FILE', file);
  if (!armored.isGood) return armored;
  const { data } = request.safeParse(decodeJson(armored.text));
  return data === undefined
    ? { isGood: false, fault: 'malformed' }
    : { isGood: true, request: data };
}

/** The nonce by which a secret is recognised later, and from which nobody finds it. */
export function commitTo(secret: string): Promise<string> {
  return hashText(['leasehold', 'file-receipt', secret].join('\0'));
}
