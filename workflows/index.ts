/** All workflows: the entry of the bundle that workers run. */
export { licenseSession } from './license-session.ts';
export { licenseTerm } from './license-term.ts';
export { reconcilePools } from './reconcile-pools.ts';
export { publishRevocations } from './publish-revocations.ts';
export { renewDelegate } from './renew-delegate.ts';
export { rotateRoot } from './rotate-root.ts';
