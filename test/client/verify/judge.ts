/** What the client finds of a conformance vector, through what it offers to everybody. */
import {
  trustRoots,
  verifyCertificate,
  verifyDenial,
  verifyLease,
  verifyLicenseFile,
  verifyRevocationList,
  verifyRootList,
} from '../../../client/verify/index.ts';
import { textOf, type Expected, type Vector } from '../../../dev/conformance/vector.ts';
import type { Conformance } from '../../../dev/conformance/vectors.ts';

export async function judge(
  { kind, token: text, certificate: certificateText = '', demand }: Vector,
  { roots }: Pick<Conformance, 'roots'>,
): Promise<Expected> {
  const { at, product, nonce, instanceKey = '', device = null, licenseId, sessionId } = demand;
  const { credential = '', told } = demand;
  const { seq, signedBy } = demand.known ?? { seq: 0, signedBy: null };
  const pinned = demand.pinned.map((id) => roots.find(({ kid }) => kid === id));
  const trust = trustRoots({ keys: pinned });
  const { keys, licenses, leases } = demand.revoked;
  const revoked = { keys: new Set(keys), licenses: new Set(licenses), leases };
  const token = textOf(text);
  const chain = { token, certificate: textOf(certificateText) };
  const ofChain = { roots: trust.roots, revoked, at, audience: product };
  switch (kind) {
    case 'lease':
      return verifyLease(chain, { ...ofChain, licenseId, sessionId, nonce });
    case 'denial':
      return verifyDenial(chain, {
        ...{ ...ofChain, audience: product, nonce: nonce ?? '', instanceKey, credential },
        ...(told === undefined ? {} : { told }),
      });
    case 'license_file': {
      const check = await verifyLicenseFile(token, { ...ofChain, device, nonce });
      return check.isGood
        ? { isGood: true, claims: check.claims }
        : { isGood: false, part: 'file', fault: check.fault };
    }
    case 'certificate':
      return verifyCertificate(token, ofChain);
    case 'revocation_list':
      return ofList(
        await verifyRevocationList(token, { trust, known: { seq, signedBy, revoked }, at }),
      );
    case 'root_list':
      return ofList(await verifyRootList(token, { trust, revoked: revoked.keys, at }));
  }
}

function ofList(
  check:
    | { isGood: true; claims: unknown; trust: ReturnType<typeof trustRoots> }
    | { isGood: false; fault: string },
): Expected {
  if (!check.isGood) return { ...check, part: 'token' };
  return { isGood: true, claims: check.claims, roots: [...check.trust.roots.keys()] };
}
