import { grpc } from 'google-gax';
import { crc32c } from '../../platform/crc32c.ts';
import { standInKey } from '../../platform/kms-endpoint.ts';
import { signDigest } from './emsa-pss.ts';
import type { Faults } from './faults.ts';
import type { KeyStore, StoredVersion } from './key-store.ts';

const algorithm = 'RSA_SIGN_PSS_4096_SHA256';
const protectionLevel = 'HSM';

/** A call that ends with a status of gRPC instead of an answer. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: number;

  constructor(status: keyof typeof grpc.status, message: string) {
    super(message);
    this.code = grpc.status[status];
  }
}

/** What the calls carry that the stand-in reads, as the loader of the protos delivers it. */
interface KmsRequest {
  name: string;
  parent: string;
  digest: { sha256?: Buffer } | null;
  digestCrc32c: { value: string } | null;
  cryptoKeyVersion: { name: string; state: string } | null;
  updateMask: { paths: string[] } | null;
}
type Method = (request: KmsRequest, faults: Faults) => Record<string, unknown>;

/**
 * The calls of the KMS API that the stand-in knows, with the checks and words of the real one. A damaged
 * answer is damaged as its faults say.
 */
export function createKmsService(
  store: KeyStore,
  onSigned: (version: string) => void,
): Record<string, Method> {
  const nameOf = ({ id }: StoredVersion) => `${standInKey}/cryptoKeyVersions/${id}`;
  const describe = (version: StoredVersion) => ({
    ...{ name: nameOf(version), state: version.state, protectionLevel, algorithm },
    createTime: { seconds: Math.floor(version.createdAt / 1_000), nanos: 0 },
  });
  const find = (name: string) => {
    const version = store.list().find((one) => nameOf(one) === name);
    if (version === undefined)
      throw new Refusal('NOT_FOUND', `CryptoKeyVersion ${name} not found.`);
    return version;
  };
  const findEnabled = (name: string) => {
    const version = find(name);
    if (version.state === 'ENABLED') return version;
    const message = `${name} is not enabled, current state is: ${version.state}.`;
    throw new Refusal('FAILED_PRECONDITION', message);
  };
  const assertKey = (name: string) => {
    if (name !== standInKey) throw new Refusal('NOT_FOUND', `CryptoKey ${name} not found.`);
  };
  return {
    asymmetricSign({ name, digest, digestCrc32c }, { corrupt }) {
      const version = findEnabled(name);
      const bytes = digest?.sha256;
      if (bytes?.length !== 32) {
        throw new Refusal('INVALID_ARGUMENT', 'A SHA-256 digest of 32 bytes is needed.');
      }
      const isVerified = digestCrc32c !== null && Number(digestCrc32c.value) === crc32c(bytes);
      if (digestCrc32c !== null && !isVerified) {
        throw new Refusal('INVALID_ARGUMENT', 'The digest does not match its checksum.');
      }
      const signature = signDigest(store.privateKey(version), bytes);
      onSigned(name);
      if (corrupt === 'signature') signature[100] = (signature[100] ?? 0) ^ 1;
      const sum = crc32c(signature);
      return {
        signature,
        signatureCrc32c: { value: corrupt === 'signatureCrc32c' ? sum ^ 1 : sum },
        verifiedDigestCrc32c: isVerified && corrupt !== 'verifiedDigestCrc32c',
        name: corrupt === 'name' ? `${name}0` : name,
        protectionLevel: corrupt === 'protectionLevel' ? 'SOFTWARE' : protectionLevel,
      };
    },
    getPublicKey({ name }, { corrupt }) {
      const intact = store.publicPem(findEnabled(name));
      const pem = corrupt === 'pem' ? otherModulus(intact) : intact;
      const sum = crc32c(Buffer.from(pem));
      return {
        pem,
        pemCrc32c: { value: corrupt === 'pemCrc32c' ? sum ^ 1 : sum },
        algorithm: corrupt === 'algorithm' ? 'RSA_SIGN_PKCS1_4096_SHA256' : algorithm,
        protectionLevel: corrupt === 'protectionLevel' ? 'SOFTWARE' : protectionLevel,
        name: corrupt === 'name' ? `${name}0` : name,
      };
    },
    getCryptoKey({ name }) {
      assertKey(name);
      const versionTemplate = { protectionLevel, algorithm };
      return { name, purpose: 'ASYMMETRIC_SIGN', versionTemplate };
    },
    getCryptoKeyVersion: ({ name }) => describe(find(name)),
    listCryptoKeyVersions({ parent }) {
      assertKey(parent);
      const cryptoKeyVersions = store.list().map(describe);
      return { cryptoKeyVersions, totalSize: cryptoKeyVersions.length };
    },
    createCryptoKeyVersion({ parent }) {
      assertKey(parent);
      return describe(store.create());
    },
    updateCryptoKeyVersion({ cryptoKeyVersion, updateMask }) {
      const version = find(cryptoKeyVersion?.name ?? '');
      const state = cryptoKeyVersion?.state;
      if (updateMask?.paths.join() !== 'state') {
        throw new Refusal('INVALID_ARGUMENT', 'Only the state can be updated.');
      }
      if (state !== 'ENABLED' && state !== 'DISABLED') {
        throw new Refusal('INVALID_ARGUMENT', 'A version can be enabled or disabled.');
      }
      if (version.state !== 'ENABLED' && version.state !== 'DISABLED') {
        throw new Refusal('FAILED_PRECONDITION', `The current state is: ${version.state}.`);
      }
      store.setState(version, state);
      return describe(version);
    },
  };
}

/** The PEM of a key that can be read and fits no signature. */
function otherModulus(pem: string): string {
  const lines = pem.split('\n');
  lines.splice(3, 2, ...lines.slice(3, 5).toReversed());
  return lines.join('\n');
}
