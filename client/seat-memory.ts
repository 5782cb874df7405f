import { forget, memoryFolder, remember, sweepMemory, type RememberedSeat } from './memory.ts';
import type { Chain } from '../signing/tokens/chain.ts';
import type { Tenure } from './tenure.ts';

/** What one program writes down of its seat. Nothing here ever throws. */
export interface SeatMemory {
  keep: (tenure: Tenure, state: RememberedSeat['state'], proof: Chain | null) => void;
  forget: () => void;
}

/** @param holder which process of which instance it is, and which server it asks. */
export function createSeatMemory(
  holder: Pick<RememberedSeat, 'url' | 'product' | 'instanceKey'> & { holderId?: string },
): SeatMemory {
  const folder = memoryFolder(process.env);
  sweepMemory(folder, Date.now());
  const { url, product, instanceKey, holderId = 'default' } = holder;
  const names = { url, product, instanceKey, holderId };
  return {
    keep({ session, ref }, state, proof) {
      remember(folder, {
        ...names,
        licenseId: session.licenseId,
        sessionId: ref.id,
        credential: ref.credential,
        pid: process.pid,
        state,
        leaseUntil: session.leaseUntil ?? new Date(0).toISOString(),
        ...(proof === null ? {} : { leaseToken: proof.token, certificate: proof.certificate }),
      });
    },
    forget() {
      forget(folder, names);
    },
  };
}
