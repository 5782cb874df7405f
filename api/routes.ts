/** Every operation of the API. A fixed path stands before one with a parameter in its place. */
import { create as createApiKey } from './api-keys/create.ts';
import { revoke as revokeApiKey } from './api-keys/revoke.ts';
import { checkIn } from './check-outs/check-in.ts';
import { show as showCheckOut } from './check-outs/show.ts';
import { live } from './health/live.ts';
import { ready } from './health/ready.ts';
import { checkOut } from './licenses/check-out.ts';
import { create as issueLicense } from './licenses/create.ts';
import { listSessions } from './licenses/list-sessions.ts';
import { list as listLicenses } from './licenses/list.ts';
import { reinstate } from './licenses/reinstate.ts';
import { revoke } from './licenses/revoke.ts';
import { rotateKey } from './licenses/rotate-key.ts';
import { show as showLicense } from './licenses/show.ts';
import { suspend } from './licenses/suspend.ts';
import { update } from './licenses/update.ts';
import { validate } from './licenses/validate.ts';
import type { Operation } from './operation.ts';
import { create as createPlan } from './plans/create.ts';
import { list as listPlans } from './plans/list.ts';
import { show as showPlan } from './plans/show.ts';
import { create as createProduct } from './products/create.ts';
import { list as listProducts } from './products/list.ts';
import { show as showProduct } from './products/show.ts';
import { update as updateProduct } from './products/update.ts';
import { create as createRevocation } from './revocations/create.ts';
import { list as listRevocations } from './revocations/list.ts';
import { acquire } from './sessions/acquire.ts';
import { forceRelease } from './sessions/force-release.ts';
import { heartbeat } from './sessions/heartbeat.ts';
import { history } from './sessions/history.ts';
import { release } from './sessions/release.ts';
import { show as showSession } from './sessions/show.ts';
import { create as createTenant } from './tenants/create.ts';
import { list as listTenants } from './tenants/list.ts';
import { show as showTenant } from './tenants/show.ts';
import { jwks } from './well-known/jwks.ts';
import { revocations } from './well-known/revocations.ts';

export const operations: readonly Operation[] = [
  acquire,
  showSession,
  heartbeat,
  release,
  history,
  forceRelease,
  validate,
  checkOut,
  showCheckOut,
  checkIn,
  listLicenses,
  showLicense,
  listSessions,
  issueLicense,
  update,
  suspend,
  reinstate,
  revoke,
  rotateKey,
  createTenant,
  listTenants,
  showTenant,
  createProduct,
  listProducts,
  showProduct,
  updateProduct,
  createPlan,
  listPlans,
  showPlan,
  createApiKey,
  revokeApiKey,
  jwks,
  createRevocation,
  listRevocations,
  revocations,
  live,
  ready,
];
