import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { crc32c } from './crc32c.ts';
import { KmsAnswerFault } from './kms-faults.ts';

/** RSASSA-PSS with a 4096-bit key and SHA-256, the salt as long as the digest: PS256 of JWS. */
const rootAlgorithm = 'RSA_SIGN_PSS_4096_SHA256';

/** The public half of one version of the root key. */
export interface KmsPublicKey {
  readonly pem: string;
  readonly key: KeyObject;
}

/** What an answer must fit. */
export interface Expected {
  version: string;
  protectionLevel: string;
}

/** Any whole number as the client may deliver it. */
type WrappedInteger =
  { value?: string | number | { toString(): string } | null } | null | undefined;

/** @throws KmsAnswerFault unless the answer is intact and about this version of such a key. */
export function acceptPublicKey(
  answer: {
    name?: unknown;
    pem?: unknown;
    pemCrc32c?: WrappedInteger;
    algorithm?: unknown;
    protectionLevel?: unknown;
  },
  { version, protectionLevel }: Expected,
): KmsPublicKey {
  const pem = typeof answer.pem === 'string' ? answer.pem : '';
  demand(answer.name === version, 'corrupted', 'The public key is that of another version');
  demand(isSum(answer.pemCrc32c, Buffer.from(pem)), 'corrupted', 'The public key is damaged');
  demand(answer.algorithm === rootAlgorithm, 'unfit', `The key is not for ${rootAlgorithm}`);
  demand(answer.protectionLevel === protectionLevel, 'unfit', levelFault(protectionLevel));
  const key = parseKey(pem);
  const { modulusLength } = key?.asymmetricKeyDetails ?? {};
  if (key?.asymmetricKeyType !== 'rsa' || modulusLength !== 4_096) {
    throw new KmsAnswerFault('corrupted', 'The public key is not one of RSA with 4096 bits');
  }
  return { pem, key };
}

/**
 * Checks a signature in each way that there is, the last of which is to verify it: what this function
 * returns is good whatever KMS and the network did.
 * @throws KmsAnswerFault
 */
export function acceptSignature(
  answer: {
    name?: unknown;
    signature?: unknown;
    signatureCrc32c?: WrappedInteger;
    verifiedDigestCrc32c?: unknown;
    protectionLevel?: unknown;
  },
  expected: Expected & { data: Uint8Array; key: KeyObject },
): Buffer {
  const { signature } = answer;
  const bytes = signature instanceof Uint8Array ? Buffer.from(signature) : Buffer.alloc(0);
  const isOfVersion = answer.name === expected.version;
  demand(answer.verifiedDigestCrc32c === true, 'corrupted', 'KMS did not check the digest');
  demand(isOfVersion, 'corrupted', 'The signature is that of another version');
  demand(isSum(answer.signatureCrc32c, bytes), 'corrupted', 'The signature is damaged');
  demand(
    answer.protectionLevel === expected.protectionLevel,
    'unfit',
    levelFault(expected.protectionLevel),
  );
  demand(isGood(bytes, expected), 'corrupted', 'The signature does not verify');
  return bytes;
}

function isGood(signature: Buffer, { data, key }: { data: Uint8Array; key: KeyObject }): boolean {
  const pss = {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  return verify('sha256', data, { key, ...pss }, signature);
}

function isSum(sum: WrappedInteger, bytes: Uint8Array): boolean {
  return sum?.value?.toString() === String(crc32c(bytes));
}

function parseKey(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

function levelFault(protectionLevel: string): string {
  return `The key is not kept at the protection level ${protectionLevel}`;
}

function demand(isSo: boolean, kind: 'corrupted' | 'unfit', message: string): asserts isSo {
  if (!isSo) throw new KmsAnswerFault(kind, message);
}
