/** A page as the operations read it: one item more than is shown tells whether another page follows. */
export interface PageRequest {
  after: string | null;
  limit: number;
}

/** The page to read for a query of `cursorQuery`. A cursor is the last id of the page before. */
export function readPage(query: { limit: number; cursor?: string | undefined }): PageRequest {
  return { after: query.cursor ?? null, limit: query.limit + 1 };
}

/** Cuts the one item too many off again and names where the next page begins. */
export function pageOf<Item extends { id: string }>(
  found: readonly Item[],
  { limit }: PageRequest,
): { items: Item[]; nextCursor: string | null } {
  const items = found.slice(0, limit - 1);
  const hasMore = found.length === limit;
  return { items, nextCursor: hasMore ? (items.at(-1)?.id ?? null) : null };
}
