import type { ListSource } from '../../signing/lists.ts';

/** What tells a client that there is a list of revocations that it does not have. */
export function newestList(lists: ListSource): { revocationSeq?: number } {
  const list = lists.revocations();
  return list === null ? {} : { revocationSeq: list.seq };
}
