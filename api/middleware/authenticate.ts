/**
 * Who is calling. Each operation names the class of credential that it takes; whatever else comes is
 * `unauthenticated`, with one body for every fault, so that nothing can be learnt from it.
 */
import type { IncomingMessage } from 'node:http';
import type { Actor } from '../../data/audit-log.ts';
import type { LicenseRecord } from '../../data/licenses.ts';
import { LicensingError } from '../../domain/errors.ts';
import { scopes, type Scope } from '../../domain/scope.ts';
import { idPattern } from '../../domain/ids.ts';
import { findActiveKey, findLicenseByKey } from '../../services/find-active-key.ts';
import {
  looksLikeSessionCredential,
  readSessionCredential,
  type SessionClaims,
} from '../../signing/session-credential.ts';
import type { ApiDeps } from '../deps.ts';

/** `tenant` also takes an operator key together with the header `Leasehold-Tenant`. */
export type CredentialClass = 'none' | 'license_key' | 'session' | 'tenant' | 'operator';

interface Callers {
  none: object;
  license_key: { tenantId: string; licenseId: string; license: LicenseRecord; actor: Actor };
  session: SessionClaims;
  tenant: { tenantId: string; actor: Actor; scopes: readonly string[] };
  operator: { actor: Actor; tenantHeader: string | null };
}

/** What is known of a caller with a credential of this class. */
export type Caller<Class extends CredentialClass> = Callers[Class];

const authenticators: {
  [Class in CredentialClass]: (deps: ApiDeps, request: IncomingMessage) => Promise<Caller<Class>>;
} = {
  none: () => Promise.resolve({}),

  async license_key(deps, request) {
    const found = await findLicenseByKey(deps, authorization(request, 'License'));
    if (found === undefined) throw unauthenticated();
    const { keyId, license } = found;
    const actor = { kind: 'license_key' as const, id: keyId };
    return { tenantId: license.tenantId, licenseId: license.id, license, actor };
  },

  session(deps, request) {
    const claims = readSessionCredential(
      deps.config.SESSION_CREDENTIAL_SECRETS,
      authorization(request, 'Bearer'),
    );
    return claims === null ? Promise.reject(unauthenticated()) : Promise.resolve(claims);
  },

  async tenant(deps, request) {
    const secret = authorization(request, 'Bearer');
    if (secret.startsWith('lho_')) {
      const { actor, tenantHeader } = await authenticators.operator(deps, request);
      return { tenantId: requireTenantHeader(tenantHeader), actor, scopes };
    }
    const key = await findActiveKey(deps, 'api_key', secret);
    if (key?.tenantId == null) throw unauthenticated();
    const actor = { kind: 'api_key' as const, id: key.id };
    return { tenantId: key.tenantId, actor, scopes: key.scopes };
  },

  async operator(deps, request) {
    const secret = authorization(request, 'Bearer');
    const key = await findActiveKey(deps, 'operator_key', secret);
    if (key === undefined) {
      // A tenant's own key is known, it just does not reach this far.
      if ((await findActiveKey(deps, 'api_key', secret)) !== undefined) {
        throw new LicensingError('forbidden', 'This operation takes an operator key.');
      }
      throw unauthenticated();
    }
    const header = request.headers['leasehold-tenant'];
    const tenantHeader = typeof header === 'string' ? header : null;
    return { actor: { kind: 'operator_key', id: key.id }, tenantHeader };
  },
};

/** @throws LicensingError `unauthenticated` or `forbidden`. */
export function authenticate<Class extends CredentialClass>(
  deps: ApiDeps,
  request: IncomingMessage,
  credentialClass: Class,
): Promise<Caller<Class>> {
  return authenticators[credentialClass](deps, request);
}

/** @throws LicensingError `forbidden` when the caller's key was not made for this. */
export function requireScope(caller: object, scope: Scope | undefined): void {
  if (scope === undefined || !('scopes' in caller)) return;
  if ((caller as Caller<'tenant'>).scopes.includes(scope)) return;
  throw new LicensingError('forbidden', `This API key lacks the scope ${scope}.`);
}

/** @throws LicensingError `invalid_request` when the header that names the tenant is missing or malformed. */
export function requireTenantHeader(header: string | null): string {
  if (header !== null && idPattern('ten').test(header)) return header;
  throw new LicensingError(
    'invalid_request',
    'Name the tenant in the header Leasehold-Tenant, for example ten_01h455vb4pex5vsknk084sn02q.',
  );
}

/**
 * All that follows the scheme that is asked for, or an empty text. Headers longer than 1,100 characters hold no
 * keys.
 */
export function authorization(request: IncomingMessage, scheme: 'Bearer' | 'License'): string {
  const header = request.headers.authorization ?? '';
  const start = `${scheme} `;
  const isOfScheme = header.slice(0, start.length).toLowerCase() === start.toLowerCase();
  return isOfScheme && header.length <= 1_100 ? header.slice(start.length) : '';
}

/**
 * The credential that a program came with, good or not; empty where it is of another kind than the operation
 * takes. Of a license key that somebody shows as a session's credential nobody may learn that it is none.
 */
export function programCredential(
  request: IncomingMessage,
  credentialClass: CredentialClass,
): string {
  const isLicenseKey = credentialClass === 'license_key';
  const credential = authorization(request, isLicenseKey ? 'License' : 'Bearer');
  return looksLikeSessionCredential(credential) === isLicenseKey ? '' : credential;
}

function unauthenticated(): LicensingError {
  return new LicensingError(
    'unauthenticated',
    'Send a valid credential in the Authorization header; the reference at /docs says which.',
  );
}
