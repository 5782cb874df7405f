/** What a text from anywhere is, and whether to believe it. */
import {
  verifyCertificate,
  verifyChain,
  type ChainDemand,
  type ChainFault,
} from '../../signing/tokens/chain.ts';
import { readDeactivationFile } from '../../signing/tokens/deactivation-file.ts';
import { denialFormat } from '../../signing/tokens/denial.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { verifyLease, type LeaseHolder } from '../../signing/tokens/lease-token.ts';
import {
  verifyLicenseFile,
  type LicenseFileDemand,
  type LicenseFileFault,
} from '../../signing/tokens/license-file.ts';
import { readRequestFile } from '../../signing/tokens/request-file.ts';
import {
  verifyRevocationList,
  type KnownRevocations,
  type RevocationListFault,
} from '../../signing/tokens/revocation-list.ts';
import { verifyRootList, type RootListFault } from '../../signing/tokens/root-list.ts';
import type { RootTrust } from '../../signing/tokens/root-trust.ts';
import { recognise, type Kind, type Recognised } from './recognise.ts';
import { stepsOf, type Part, type Step } from './steps.ts';

/** What is known already, and what the text is to be for. */
export interface InspectionDemand extends LeaseHolder {
  readonly trust: RootTrust;
  readonly known: KnownRevocations;
  /** The instant as of which it must be good, in unix seconds. */
  readonly at: number;
  /** The code of the product that it must be for; null: any. */
  readonly product: string | null;
  /** The fingerprint of the device that it must be good on; null: any. */
  readonly fingerprint: string | null;
}

export type Fault = ChainFault | RevocationListFault | RootListFault | LicenseFileFault | 'missing';

/**
 * What was found. `steps` are all checks in their order, up to the one that failed and beyond. A request and
 * a deactivation are not signed: they are good when they are whole.
 */
export type Inspection = { readonly kind: Kind; readonly steps: readonly Step[] } & Verdict;

/** What a good text says. */
export type Claims = Readonly<Partial<Record<string, unknown>>>;

type Verdict =
  | { readonly isGood: true; readonly claims: Claims }
  | { readonly isGood: false; readonly part: Part; readonly fault: Fault };

/** Null: the text is nothing that a Leasehold server signs. */
export async function inspect(text: string, demand: InspectionDemand): Promise<Inspection | null> {
  const found = recognise(text);
  if (found === null) return null;
  const verdict = await judge(found, demand);
  const skipped = new Set<string>(['request']);
  if (demand.product === null) skipped.add('product');
  if (demand.fingerprint === null) skipped.add('device');
  if (demand.licenseId === undefined && demand.sessionId === undefined) skipped.add('holder');
  const { kind } = found;
  return { kind, ...verdict, steps: stepsOf(kind, verdict.isGood ? null : verdict, skipped) };
}

async function judge(found: Recognised, demand: InspectionDemand): Promise<Verdict> {
  const { trust, known, at, product, licenseId, sessionId } = demand;
  const { revoked } = known;
  const chainDemand: ChainDemand = { roots: trust.roots, revoked, at, audience: product };
  switch (found.kind) {
    case 'certificate':
      return verifyCertificate(found.token, chainDemand);
    case 'revocation_list':
      return ofList(await verifyRevocationList(found.token, { trust, known, at }));
    case 'root_list':
      return ofList(await verifyRootList(found.token, { trust, revoked: revoked.keys, at }));
    case 'license_file':
      return judgeFile(found.token, { ...chainDemand, roots: trust.roots }, demand.fingerprint);
    case 'request_file': {
      const check = readRequestFile(found.token);
      return check.isGood ? { isGood: true, claims: check.request } : inFile(check.fault);
    }
    case 'deactivation_file': {
      const check = readDeactivationFile(found.token);
      return check.isGood ? { isGood: true, claims: check.deactivation } : inFile(check.fault);
    }
    case 'lease':
    case 'denial': {
      const { token, certificate } = found;
      if (certificate === null) return { isGood: false, part: 'certificate', fault: 'missing' };
      const chain = { token, certificate };
      return found.kind === 'lease'
        ? verifyLease(chain, { ...chainDemand, licenseId, sessionId })
        : // To which request it is the answer only that request's sender knows.
          verifyChain(chain, { ...chainDemand, format: denialFormat });
    }
  }
}

/** The device is named by a hash that differs with the product, which the file tells. */
async function judgeFile(
  file: string,
  demand: Omit<LicenseFileDemand, 'device'>,
  fingerprint: string | null,
): Promise<Verdict> {
  const check = await verifyLicenseFile(file, { ...demand, device: null });
  if (!check.isGood) return inFile(check.fault);
  const { claims } = check;
  if (fingerprint === null || claims.fp === undefined) return check;
  return claims.fp === (await hashDevice(claims.aud, fingerprint)) ? check : inFile('other_device');
}

function inFile(fault: Fault): Verdict {
  return { isGood: false, part: 'file', fault };
}

function ofList(
  check: { isGood: true; claims: Claims } | { isGood: false; fault: Fault },
): Verdict {
  return check.isGood ? check : { ...check, part: 'token' };
}
