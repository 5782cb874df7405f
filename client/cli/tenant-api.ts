/** The requests of an administrator of the customer. Each fails with a LeaseholdError. */
import { call, createApi, notLeasehold } from '../call.ts';
import type { components } from '../generated/api.ts';

/** A session as the ledger has it. */
export type LedgerSession = components['schemas']['LedgerSession'];

export interface SessionsPage {
  items: LedgerSession[];
  /** Where the next page begins; null: this was the last. */
  nextCursor: string | null;
}

export interface SessionsQuery {
  licenseId: string;
  /** Only sessions that hold a seat or wait. */
  onlyOpen: boolean;
  limit: number;
  cursor: string | null;
}

const options = { timeoutMs: 10_000 };
/** The most that the server puts on one page. */
const pageMax = 100;

/** @param tenantId is sent with an operator's key only: it may look into every tenant. */
export function createTenantApi(server: { url: string; apiKey: string; tenantId: string | null }) {
  const client = createApi(server.url);
  const headers = {
    Authorization: `Bearer ${server.apiKey}`,
    ...(server.tenantId === null ? {} : { 'Leasehold-Tenant': server.tenantId }),
  };
  const readPage = async (query: SessionsQuery): Promise<SessionsPage> => {
    const { licenseId, onlyOpen, limit, cursor } = query;
    const page = await call(options, (signal) =>
      client.GET('/v1/licenses/{id}/sessions', {
        params: {
          path: { id: licenseId },
          query: {
            open: onlyOpen ? 'true' : 'false',
            limit: Math.min(limit, pageMax),
            ...(cursor === null ? {} : { cursor }),
          },
        },
        headers,
        signal,
      }),
    );
    if (!Array.isArray(page?.items)) throw notLeasehold();
    return page;
  };
  return {
    /** Newest first; as many pages as `limit` takes. */
    async listSessions(query: SessionsQuery): Promise<SessionsPage> {
      const items: LedgerSession[] = [];
      let { cursor } = query;
      do {
        const page = await readPage({ ...query, cursor, limit: query.limit - items.length });
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== null && items.length < query.limit);
      return { items, nextCursor: cursor };
    },

    /** Idempotent: a session that has ended stays as it ended. */
    async forceRelease(sessionId: string, reason: string): Promise<LedgerSession> {
      const session = await call(options, (signal) =>
        client.POST('/v1/sessions/{id}/force-release', {
          params: { path: { id: sessionId } },
          body: { reason },
          headers,
          signal,
        }),
      );
      if (typeof session?.id !== 'string') throw notLeasehold();
      return session;
    },
  };
}
