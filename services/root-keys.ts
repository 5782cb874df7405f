/**
 * The root key: which of its versions in Cloud KMS signs now. The table says so, not KMS, which has no
 * notion of it; at the very first start its newest version is taken.
 */
import { createHash, type JsonWebKey } from 'node:crypto';
import { insertAuditEntry } from '../data/audit-log.ts';
import type { Database } from '../data/database.ts';
import {
  findActiveRoot,
  hasRoots,
  insertActiveRoot,
  lockSigningKeys,
  type RootKeyRecord,
} from '../data/signing-keys.ts';
import { inTransaction } from '../data/tenant.ts';
import { LicensingError } from '../domain/errors.ts';
import { newId } from '../platform/ids.ts';
import type { Kms } from '../platform/kms.ts';
import { KmsFault } from '../platform/kms-faults.ts';
import type { TokenSigner } from '../signing/tokens/jws.ts';
import type { Deps } from './deps.ts';

/** The version of the root key that signs now. */
export interface ActiveRoot {
  /** `root-<number of the version>` */
  kid: string;
  /** Resource name in Cloud KMS. */
  kmsVersion: string;
  /** Each signature is recorded in the audit log, in the transaction that it was got for. */
  signer: TokenSigner;
}

/**
 * The root that signs now, for activities and the first start of all: everything that waits for it waits
 * for Cloud KMS. What its signer signs is recorded through `tx`: commit that with what was signed, so that
 * nothing is handed out that the audit log does not know.
 *
 * @throws LicensingError `unavailable` while KMS is away or has no version that may sign, KmsFault when it has
 * another key than the one that was active, or none is set.
 */
export async function activeRoot(
  { kms, log }: Pick<Deps, 'kms' | 'log'>,
  tx: Database,
): Promise<ActiveRoot> {
  if (kms === null) throw new KmsFault('KMS_KEY is not set: there is no root key to sign with');
  const known = await findActiveRoot(tx);
  const root = known ?? (await adoptRoot(kms, tx));
  const { kid, kmsVersion } = root;
  if (known === undefined) log.info({ kid, kmsVersion }, 'A root key was taken into use');
  else await requireSameKey(kms, known);
  return { kid, kmsVersion, signer: recordedSigner(kms, { kid, kmsVersion, tx }) };
}

/**
 * The signer of any version that may sign, the active or the next one, with the records and refusals of
 * `activeRoot`.
 */
export async function rootSigner(
  { kms }: Pick<Deps, 'kms'>,
  tx: Database,
  root: RootKeyRecord,
): Promise<TokenSigner> {
  if (kms === null) throw new KmsFault('KMS_KEY is not set: there is no root key to sign with');
  await requireSameKey(kms, root);
  const { kid, kmsVersion } = root;
  return recordedSigner(kms, { kid, kmsVersion, tx });
}

/** The first start of all: the newest version that may sign. Of two that come at once, one adopts. */
function adoptRoot(kms: Kms, db: Database): Promise<RootKeyRecord> {
  return inTransaction(db, async (tx) => {
    await lockSigningKeys(tx);
    const present = await findActiveRoot(tx);
    if (present !== undefined) return present;
    if (await hasRoots(tx)) {
      throw new LicensingError(
        'unavailable',
        'The root was revoked, and the next one is not active yet.',
      );
    }
    const versions = await kms.listVersions();
    const newest = versions.findLast(({ state }) => state === 'ENABLED');
    if (newest === undefined) {
      throw new LicensingError('unavailable', 'Cloud KMS has no version of the key that may sign.');
    }
    const { version: kmsVersion } = newest;
    const root = {
      kid: kidOfVersion(kmsVersion),
      kmsVersion,
      publicKey: await readRootKey(kms, kmsVersion),
    };
    await insertActiveRoot(tx, root);
    return root;
  });
}

/** The key id of a version. */
export function kidOfVersion(kmsVersion: string): string {
  return `root-${kmsVersion.slice(kmsVersion.lastIndexOf('/') + 1)}`;
}

/** The public half of a version, asked of KMS once a process. */
export async function readRootKey(kms: Kms, kmsVersion: string): Promise<JsonWebKey> {
  const { key } = await kms.publicKey(kmsVersion);
  return key.export({ format: 'jwk' });
}

/** What clients have pinned must be what signs. */
async function requireSameKey(kms: Kms, root: RootKeyRecord): Promise<void> {
  const { n } = await readRootKey(kms, root.kmsVersion);
  if (n === root.publicKey.n) return;
  throw new KmsFault(`Cloud KMS has another key under ${root.kmsVersion} than it had`);
}

function recordedSigner(
  kms: Kms,
  { kid, kmsVersion, tx }: { kid: string; kmsVersion: string; tx: Database },
): TokenSigner {
  return {
    kid,
    algorithm: 'PS256',
    async sign(input) {
      const signature = await kms.sign(kmsVersion, input);
      const { tenantId, ...detail } = describeSigned(input);
      await insertAuditEntry(tx, {
        id: newId('aud'),
        tenantId,
        actor: { kind: 'system', id: 'signing' },
        action: 'kms.signed',
        subjectId: kid,
        detail: { kmsVersion, ...detail },
        requestId: null,
      });
      return signature;
    },
  };
}

interface SignedClaims {
  jti?: string;
  sub?: string;
  tid?: string;
  exp?: number;
  sign_until?: number;
  cnf?: { jwk: { kid: string; x: string } };
}

/** What the audit log keeps of a token that was signed: enough to find it, and to tell it from others. */
function describeSigned(input: Uint8Array) {
  const [header = '', body = ''] = new TextDecoder().decode(input).split('.');
  // It is our own: makeToken wrote it a moment ago.
  const { typ } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { typ: string };
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as SignedClaims;
  const { jti, sub, tid, exp, sign_until: signUntil, cnf } = claims;
  const delegate = cnf && { kid: cnf.jwk.kid, thumbprint: thumbprintOf(cnf.jwk.x), signUntil };
  return { typ, jti, subject: sub, exp, delegate, tenantId: tid ?? null };
}

/** RFC 8037, A.3: of an Ed25519 key. */
function thumbprintOf(x: string): string {
  const members = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  return createHash('sha256').update(members).digest('base64url');
}
