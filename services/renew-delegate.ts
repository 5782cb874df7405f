import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import {
  eraseSealedKeys,
  findNewestDelegate,
  insertDelegate,
  lockSigningKeys,
  type DelegateRecord,
} from '../data/signing-keys.ts';
import { inTransaction } from '../data/tenant.ts';
import { newId } from '../platform/ids.ts';
import { sealDelegate } from '../signing/sealed-delegate.ts';
import { delegateLife, makeCertificate, type DelegateKey } from '../signing/tokens/certificate.ts';
import type { Deps } from './deps.ts';
import { isYounger } from './is-younger.ts';
import { activeRoot, type ActiveRoot } from './root-keys.ts';

/** What became of a renewal. `isNew` is false when the newest delegate is young enough. */
export interface Renewal {
  kid: string;
  isNew: boolean;
}

export interface RenewalOptions {
  /** Unix seconds; now unless given. */
  at?: number;
  /** Whether even a young one is followed by another: after it was revoked, or the root changed. */
  isForced?: boolean;
}

/**
 * Makes the next delegate: an Ed25519 key, the root's certificate for it, and a sealed copy for every process to
 * load. With it the private keys are erased that may not sign any more. It stores all of it or nothing, and signs
 * nothing when the newest is younger than about half its life, so that it may be asked for at any time by anyone:
 * of two that ask at once, one makes a delegate.
 *
 * @throws LicensingError `unavailable` while Postgres or Cloud KMS is away, KmsFault as `activeRoot` does.
 */
export async function renewDelegate(
  deps: Pick<Deps, 'systemDb' | 'kms' | 'signing' | 'log' | 'reached'>,
  { at = Math.floor(Date.now() / 1_000), isForced = false }: RenewalOptions = {},
): Promise<Renewal> {
  return inTransaction(deps.systemDb, async (tx) => {
    await lockSigningKeys(tx);
    const newest = await findNewestDelegate(tx);
    if (newest !== undefined && newest.revokedAt === null && !isForced && isYoung(newest, at)) {
      return { kid: newest.kid, isNew: false };
    }
    const root = await activeRoot(deps, tx);
    const delegate = await certify(deps, root, { at, seqMin: (newest?.seq ?? 0) + 1 });
    deps.reached('delegate:certified');
    await insertDelegate(tx, delegate);
    await eraseSealedKeys(tx, new Date((at - keptSeconds) * 1_000));
    const { kid, rootKid, seq } = delegate;
    deps.log.info({ kid, rootKid, seq }, 'A delegate was certified');
    return { kid, isNew: true };
  });
}

/** A private key is erased when it has been of no use for this long. */
const keptSeconds = 86_400;

/** An hour less than the half: it is looked at every hour, and must be made while half its life is left. */
const youngSeconds = delegateLife.signSeconds / 2 - 3_600;

/** With one of the future nobody may sign yet. */
function isYoung({ createdAt }: DelegateRecord, at: number): boolean {
  return isYounger(createdAt, { at, seconds: youngSeconds });
}

async function certify(
  { signing }: Pick<Deps, 'signing'>,
  root: ActiveRoot,
  { at, seqMin }: { at: number; seqMin: number },
): Promise<DelegateRecord> {
  const kid = newId('dlg');
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key: DelegateKey = { kty: 'OKP', crv: 'Ed25519', x, kid };
  // By the clock, so that it rises also where newer rows were lost with a backup's restore.
  const seq = Math.max(seqMin, at);
  const scope = ['lic-lease+jwt', 'lic-denial+jwt'] as const;
  const certified = { issuer: signing.issuer, delegate: key, scope, seq, at };
  const signUntil = at + delegateLife.signSeconds;
  return {
    ...{ kid, seq, rootKid: root.kid, publicKey: key },
    ...sealDelegate(signing.sealKeys, { kid, privateKey }),
    certificate: await makeCertificate(root.signer, certified),
    signUntil: new Date(signUntil * 1_000),
    verifyUntil: new Date((signUntil + delegateLife.verifySeconds) * 1_000),
    createdAt: new Date(at * 1_000),
  };
}
