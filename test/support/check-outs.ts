/** What tests of license files say: what callers ask for, and what the worker does for them. */
import { createLicenseActivities } from '../../activities/licenses.ts';
import { withTenant } from '../../data/tenant.ts';
import type { AuditContext } from '../../services/audit.ts';
import { checkOutLicense } from '../../services/check-out-license.ts';
import { requireLicense } from '../../services/read-license.ts';
import { hashDevice } from '../../signing/tokens/device-hash.ts';
import { trustPinned } from '../../signing/tokens/root-list.ts';
import { nothingRevoked } from '../../signing/tokens/revocation-list.ts';
import { verifyLicenseFile } from '../../signing/tokens/license-file.ts';
import type { LicenseTermFacts } from '../../workflows/contract.ts';
import type { Answer, TestApi } from './api.ts';
import type { GivenLicense } from './given.ts';
import { givenRoot } from './roots.ts';

const [root, nextRoot] = [givenRoot(1), givenRoot(2)];
const trustedRoots = trustPinned({ keys: [root.jwk, nextRoot.jwk] }).roots;
export const fileIssuer = 'https://licenses.example.com';

/** The activities of the worker, with a root whose key is in memory: the first unless given. */
export function licenseActivities(api: TestApi, { signer } = root) {
  const signing = { root: () => Promise.resolve({ signer }), issuer: fileIssuer };
  return createLicenseActivities(api.deps, signing);
}

/** What a license's workflow does when it hears something: reads the facts, signs, and reads them again. */
export async function runTerm(
  { api, tenantId, licenseId }: GivenLicense,
  by = root,
): Promise<LicenseTermFacts> {
  const { loadFacts, signLicenseFile } = licenseActivities(api, by);
  const { pending } = await loadFacts({ tenantId, licenseId });
  for (const checkOutId of pending) await signLicenseFile({ tenantId, licenseId, checkOutId });
  return loadFacts({ tenantId, licenseId });
}

export interface CheckOutAnswer {
  checkOut: {
    id: string;
    status: string;
    reason: string | null;
    device: string | null;
    expiresAt: string | null;
  };
  licenseFile?: string;
}

/** Asks for a license file, and does the worker's part meanwhile. */
export async function tryCheckOut(
  license: GivenLicense,
  body: Record<string, unknown> = {},
): Promise<Answer> {
  const asked = new AbortController();
  const work = async () => {
    while (!asked.signal.aborted) {
      await runTerm(license);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const working = work();
  try {
    return await askCheckOut(license, body);
  } finally {
    asked.abort();
    await working;
  }
}

/** A license file that the device `mine` asked for, and that nobody waits for; its id. */
export async function givenCheckOut(pool: GivenLicense, ttlSeconds?: number): Promise<string> {
  const { api, tenantId, licenseId, product } = pool;
  const license = await withTenant(api.deps.db, tenantId, (tx) => requireLicense(tx, pool));
  const actor = { kind: 'license_key', id: 'test' } as const;
  const context: AuditContext = { caller: { actor }, requestId: 'test' };
  const outcome = await checkOutLicense(api.deps, context, {
    ...{ tenantId, licenseId, license, use: { product, usageType: 'builder' as const } },
    wish: { deviceHash: await hashDevice(product, 'mine'), nonce: null },
    ...{ ttlSeconds, needsSecret: false },
  });
  if (outcome.kind === 'refused') throw new Error(outcome.refusal.detail);
  return outcome.checkOut.id;
}

/** Asks for a license file while no worker runs. */
export function askCheckOut(
  license: GivenLicense,
  body: Record<string, unknown> = {},
): Promise<Answer> {
  const { product } = license;
  const whole =
    'requestFile' in body ? body : { product, device: { fingerprint: 'mine' }, ...body };
  return license.api.request('POST', '/v1/licenses/check-out', { ...keyOf(license), body: whole });
}

/** A license file that was got at once. */
export async function checkOut(
  license: GivenLicense,
  body: Record<string, unknown> = {},
): Promise<CheckOutAnswer & { licenseFile: string }> {
  const answer = await tryCheckOut(license, body);
  const got = answer.body as CheckOutAnswer;
  if (answer.status !== 201 || got.licenseFile === undefined) {
    throw new Error(`No license file: ${answer.status} ${answer.text}`);
  }
  return { ...got, licenseFile: got.licenseFile };
}

export function showCheckOut(license: GivenLicense, id: string): Promise<Answer> {
  return license.api.request('GET', `/v1/check-outs/${id}`, keyOf(license));
}

export function tryCheckIn(
  license: GivenLicense,
  id: string,
  body: Record<string, unknown> = { device: { fingerprint: 'mine' } },
): Promise<Answer> {
  const path = `/v1/check-outs/${id}/check-in`;
  return license.api.request('POST', path, { ...keyOf(license), body });
}

function keyOf({ licenseKey }: GivenLicense) {
  return { authorization: `License ${licenseKey}` };
}

/** The claims of a file that verifies offline, as of now. @throws Error with its fault. */
export async function claimsOf(file: string, device: string | null = null) {
  const at = Math.floor(Date.now() / 1_000);
  const demand = { roots: trustedRoots, revoked: nothingRevoked, at, audience: null, device };
  const check = await verifyLicenseFile(file, demand);
  if (!check.isGood) throw new Error(check.fault);
  return check.claims;
}
