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
