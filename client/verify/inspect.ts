/** What a text from anywhere is, and whether to believe it. */
import {
  verifyCertificate,
  verifyChain,
  type ChainDemand,
  type ChainFault,
} from '../../signing/tokens/chain.ts';
import { denialFormat } from '../../signing/tokens/denial.ts';
import type { TokenClaims } from '../../signing/tokens/jws.ts';
import { verifyLease, type LeaseHolder } from '../../signing/tokens/lease-token.ts';
import {
  verifyRevocationList,
  type KnownRevocations,
  type RevocationListFault,
} from '../../signing/tokens/revocation-list.ts';
import {
  verifyRootList,
  type RootListFault,
  type RootTrust,
} from '../../signing/tokens/root-list.ts';
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
}

export type Fault = ChainFault | RevocationListFault | RootListFault | 'missing';

/** What was found. `steps` are all checks in their order, up to the one that failed and beyond. */
export type Inspection = { readonly kind: Kind; readonly steps: readonly Step[] } & Verdict;

type Verdict =
  | { readonly isGood: true; readonly claims: TokenClaims }
  | { readonly isGood: false; readonly part: Part; readonly fault: Fault };

/** Null: the text is nothing that a Leasehold server signs. */
export async function inspect(text: string, demand: InspectionDemand): Promise<Inspection | null> {
  const found = recognise(text);
  if (found === null) return null;
  const verdict = await judge(found, demand);
  const skipped = new Set<string>(['request']);
  if (demand.product === null) skipped.add('product');
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

function ofList(
  check: { isGood: true; claims: TokenClaims } | { isGood: false; fault: Fault },
): Verdict {
  return check.isGood ? check : { ...check, part: 'token' };
}
