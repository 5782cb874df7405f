import { TypeID, typeid } from 'typeid-js';
import type { IdPrefix } from '../domain/ids.ts';

/** A new id: the prefix says what it names, the rest is a UUIDv7, so ids sort by time of making. */
export function newId(prefix: IdPrefix): string {
  return typeid(prefix).toString();
}

/** When an id was made, in unix milliseconds by the clock of the process that made it. */
export function madeAt(id: string): number {
  return parseInt(TypeID.fromString(id).toUUID().replaceAll('-', '').slice(0, 12), 16);
}

/** Tells the requests of this process from those of others: zero, then 15 random characters of an id. */
const ownRequests = `req_0${newId('req').slice(-15)}`;
let requests = 0;

/**
 * An id for a request, in the form of all others. Nothing is stored under it, so it is counted instead of
 * drawn: a tenth of what a new id costs, which every heartbeat would pay.
 */
export function newRequestId(): string {
  requests += 1;
  return `${ownRequests}${requests.toString(16).padStart(10, '0')}`;
}
