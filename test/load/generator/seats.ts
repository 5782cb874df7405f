/** Taking and giving back seats over a connection, as a client program does. */
import { randomBytes } from 'node:crypto';
import type { Connection, Reply } from './connection.ts';
import type { HeldSession, SeatDoor } from './jobs.ts';

const runId = randomBytes(6).toString('hex');
const counter = { next: 0 };

/** An instance that never asked before. */
export function newInstanceKey(): string {
  counter.next += 1;
  return `${runId}-${counter.next.toString(36).padStart(8, '0')}`;
}

/** Acquires a seat for a new instance. @throws Error with the answer when it is not granted. */
export async function acquireSeat(
  connection: Connection,
  { licenseKey }: SeatDoor,
): Promise<HeldSession> {
  const instanceKey = newInstanceKey();
  const reply = await connection.send({
    method: 'POST',
    path: '/v1/sessions',
    authorization: `License ${licenseKey}`,
    body: JSON.stringify({
      instanceKey,
      product: 'bench',
      version: '1.0.0',
      usageType: 'builder',
      device: { fingerprint: instanceKey, name: 'bench', platform: 'linux' },
    }),
  });
  if (reply.status !== 201) throw new Unwanted(reply);
  const { session, credential } = JSON.parse(reply.body) as {
    session: { id: string };
    credential: string;
  };
  return { id: session.id, instanceKey, credential };
}

export async function releaseSeat(connection: Connection, session: HeldSession): Promise<void> {
  const { id, credential } = session;
  const reply = await connection.send({
    method: 'DELETE',
    path: `/v1/sessions/${id}`,
    authorization: `Bearer ${credential}`,
  });
  if (reply.status !== 204) throw new Unwanted(reply);
}

/** The heartbeat of a session as a request. */
export function heartbeatOf({ id, credential }: HeldSession) {
  return {
    method: 'POST' as const,
    path: `/v1/sessions/${id}/heartbeat`,
    authorization: `Bearer ${credential}`,
    body: '{}',
  };
}

/** An answer of another status than the one that was wanted. */
export class Unwanted extends Error {
  constructor({ status, body }: Reply) {
    super(`${status} ${/"code":"\w+"/.exec(body)?.[0] ?? body}`);
  }
}
