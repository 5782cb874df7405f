import { LicensingError } from '../../domain/errors.ts';
import type { SessionClaims } from '../../signing/session-credential.ts';

/**
 * A session credential opens its own session only; the path must name that one.
 *
 * @throws LicensingError `not_found`: another session's id is exactly like a random one.
 */
export function requireOwnSession(claims: SessionClaims, id: string): void {
  if (claims.sessionId !== id) {
    throw new LicensingError('not_found', 'There is no such session.');
  }
}
