import { typeid } from 'typeid-js';
import type { IdPrefix } from '../domain/ids.ts';

/** A new id: the prefix says what it names, the rest is a UUIDv7, so ids sort by time of making. */
export function newId(prefix: IdPrefix): string {
  return typeid(prefix).toString();
}
