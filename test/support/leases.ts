/** What a client believes of the leases that an API gives it. */
import { noList } from '../../signing/tokens/revocation-list.ts';
import type { TrustedKey } from '../../signing/tokens/jws.ts';
import { verifyLease, type LeaseClaims } from '../../signing/tokens/lease-token.ts';
import type { Answer, TestApi } from './api.ts';
import type { GivenLicense } from './given.ts';

/** A client that pinned the roots of this moment. @throws Error when a lease does not convince it. */
export async function leasesBelievedOf({ deps }: TestApi) {
  const rows = await deps.systemDb.selectFrom('rootKeys').select(['kid', 'publicKey']).execute();
  const roots = new Map<string, TrustedKey>(
    rows.map(({ kid, publicKey }) => [kid, { algorithm: 'PS256', key: { ...publicKey } }]),
  );
  return async (answer: Answer, license: GivenLicense): Promise<LeaseClaims> => {
    const { leaseToken: token, certificate } = answer.body as {
      leaseToken: string;
      certificate: string;
    };
    const at = Math.floor(Date.now() / 1_000);
    const demand = { roots, revoked: noList.revoked, at, audience: license.product };
    const check = await verifyLease(
      { certificate, token },
      { ...demand, licenseId: license.licenseId },
    );
    if (!check.isGood) throw new Error(`The token is not believed: ${check.part} ${check.fault}`);
    return check.claims;
  };
}

/** Whether an answer brings a token. */
export const hasToken = ({ body }: Answer): boolean => 'leaseToken' in (body as object);
