/**
 * Believes or refuses what a Leasehold server signed, with pinned roots and without the server. Uses
 * nothing of Node. It is the same code that the server's own tests hold its tokens against.
 */
export type { Chain, ChainCheck, ChainDemand, ChainFault } from '../../signing/tokens/chain.ts';
export { verifyCertificate } from '../../signing/tokens/chain.ts';
export { verifyDenial, type DenialClaims } from '../../signing/tokens/denial.ts';
export { hashDevice } from '../../signing/tokens/device-hash.ts';
export {
  learnFrom,
  learnedNothing,
  type Learned,
  type SignedLists,
} from '../../signing/tokens/learning.ts';
export { verifyLease, type LeaseClaims } from '../../signing/tokens/lease-token.ts';
export {
  verifyLicenseFile,
  type LicenseFileCheck,
  type LicenseFileClaims,
  type LicenseFileDemand,
} from '../../signing/tokens/license-file.ts';
export {
  noList,
  nothingRevoked,
  verifyRevocationList,
  type KnownRevocations,
  type Revocations,
} from '../../signing/tokens/revocation-list.ts';
export { verifyRootList, walkRootLists } from '../../signing/tokens/root-list.ts';
export type { RootTrust } from '../../signing/tokens/root-trust.ts';
export { inspect, type Claims, type Inspection, type InspectionDemand } from './inspect.ts';
export { peekLicenseFile } from './peek.ts';
export { recognise, type Kind } from './recognise.ts';
export type { Step } from './steps.ts';
export { commitTo, makeRequestFile } from '../../signing/tokens/request-file.ts';
export {
  makeDeactivationFile,
  readDeactivationFile,
} from '../../signing/tokens/deactivation-file.ts';
export { fingerprintsOf, rootKeysOf, trustRoots } from './trust-roots.ts';
