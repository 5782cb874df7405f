/** What a server shows to everybody: its keys, and the lists that its roots have signed. */
import { call, notLeasehold } from './call.ts';

const timeoutMs = 3_000;

/** The server's JWK Set as it is; none of it is believed. @throws LeaseholdError `unreachable`. */
export function fetchKeySet(url: string): Promise<unknown> {
  return fetchJson(url, 'jwks.json');
}

/** Lists of roots, the oldest first. */
export async function fetchRootLists(url: string): Promise<string[]> {
  const { roots } = membersOf(await fetchKeySet(url));
  const lists: unknown[] = Array.isArray(roots) ? roots : [roots];
  return lists.filter((list) => typeof list === 'string');
}

/** The newest revocation list; null: none was signed yet. */
export async function fetchRevocations(url: string): Promise<string | null> {
  const { revocations } = membersOf(await fetchJson(url, 'revocations'));
  return typeof revocations === 'string' ? revocations : null;
}

async function fetchJson(url: string, name: string): Promise<unknown> {
  return call({ timeoutMs }, async (signal) => {
    const address = `${url.replace(/\/$/, '')}/.well-known/${name}`;
    const response = await fetch(address, { signal, redirect: 'error' });
    if (!response.ok) throw notLeasehold();
    return { data: await response.json(), response };
  });
}

function membersOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
