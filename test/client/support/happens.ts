import { once, type EventEmitter } from 'node:events';
import type { Seat, SeatEvents } from '../../../client/index.ts';

/** Waits for the seat to tell something; fails after 20 s. Ask before what makes it happen. */
export async function happens<Name extends keyof SeatEvents>(
  seat: Seat,
  name: Name,
): Promise<SeatEvents[Name][0]> {
  const signal = AbortSignal.timeout(20_000);
  const [told] = (await once(seat as EventEmitter, name, { signal })) as SeatEvents[Name];
  return told;
}
