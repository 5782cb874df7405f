/** Ways in which Redis, the ledger and the workflows of a license may come to disagree, made at will. */
import { sql } from 'kysely';
import { TypeID } from 'typeid-js';
import { withTenant } from '../../data/tenant.ts';
import type { PoolRef } from '../../domain/seat.ts';
import { poolKeys } from '../../lua/keys.ts';
import { newId } from '../../platform/ids.ts';
import type { Deps } from '../../services/deps.ts';
import { poolConfigOfLicense, poolTermsOfLicense } from '../../services/pool-config.ts';
import { requireLicense } from '../../services/read-license.ts';
import { sessionWorkflowId } from '../../workflows/contract.ts';
import {
  acquire,
  afterLeaseLapses,
  type GivenLicense,
  type GivenSession,
} from '../support/given.ts';

interface Stage {
  license: GivenLicense;
  /** Ids of workflows whose first message Temporal loses. */
  lost: Set<string>;
}

/** Each brings one disagreement about; all sessions count as settled afterwards. */
export const disagreements = {
  'nothing: a session that is as it should be': async ({ license }: Stage) => {
    await join(license);
  },
  'a row whose seat is gone': async ({ license }: Stage) => {
    const { id: sessionId, instanceKey } = await join(license);
    await free(license, { sessionId, instanceKey });
  },
  'a waiter’s row whose place is gone': async ({ license }: Stage) => {
    await fill(license);
    const { id: sessionId, instanceKey } = await join(license);
    await free(license, { sessionId, instanceKey });
  },
  'a seat whose row has ended': async ({ license }: Stage) => {
    await endRow(license, (await join(license)).id);
  },
  'a place in the queue whose row has ended': async ({ license }: Stage) => {
    await fill(license);
    await endRow(license, (await join(license)).id);
  },
  'a seat that never had a row': ({ license }: Stage) => seatWithoutRow(license),
  'a lapse that nobody noticed': async ({ license }: Stage) => {
    await afterLeaseLapses(await join(license));
  },
  'a drop that nobody acknowledged': async ({ license }: Stage) => {
    await afterLeaseLapses(await join(license));
    await license.api.deps.seats.lapseLeases(license, { drop: true });
  },
  'a workflow that is gone': async ({ license, lost }: Stage) => {
    lost.add(sessionWorkflowId(license.tenantId, (await join(license)).id));
  },
  'a pool that is gone': async ({ license }: Stage) => {
    await join(license);
    await license.api.store.del(...poolKeys(license).slice(0, 1));
  },
  'a pool of an older epoch': async ({ license }: Stage) => {
    await sql`update pools set epoch = epoch + 1 where license_id = ${license.licenseId}`.execute(
      license.api.deps.systemDb,
    );
  },
} satisfies Record<string, (stage: Stage) => Promise<void>>;

/** Takes a seat, or a place in the queue when there is none. */
function join(license: GivenLicense): Promise<GivenSession> {
  return acquire(license, { wait: true });
}

/** Takes a seat in Redis as a caller does that dies before it records it, a minute ago. */
export async function seatWithoutRow(
  license: PoolRef & { api: { deps: Pick<Deps, 'db' | 'seats'> } },
): Promise<void> {
  const { db, seats } = license.api.deps;
  const record = await withTenant(db, license.tenantId, (tx) => requireLicense(tx, license));
  const sessionId = idOfAMinuteAgo();
  const reply = await seats.acquireSeat(license, {
    ...{ config: poolConfigOfLicense(record), sessionId, instanceKey: sessionId },
    ...{ holderId: 'main', wait: true, terms: poolTermsOfLicense(record) },
    ...{ device: sessionId, keepsRights: true, signer: '' },
  });
  if (!('sessionId' in reply) && reply.word !== 'NO_POOL') throw new Error(reply.word);
}

/** Lets all rows of a license be old enough for a sweep to judge them. */
export async function afterSettling({ api, licenseId }: GivenLicense): Promise<void> {
  await sql`update sessions set created_at = now() - interval '1 minute' where license_id = ${licenseId}`.execute(
    api.deps.systemDb,
  );
}

async function free(license: GivenLicense, session: { sessionId: string; instanceKey: string }) {
  const rest = { holderId: null, mode: 'free', reason: 'released' } as const;
  await license.api.deps.seats.releaseSeat(license, { ...session, ...rest });
}

async function endRow({ api }: GivenLicense, id: string): Promise<void> {
  await sql`update sessions set status = 'ended', ended_at = now(), end_reason = 'forced' where id = ${id}`.execute(
    api.deps.systemDb,
  );
}

/** Takes all the seats that are left, so that whoever comes next has to wait. */
async function fill(license: GivenLicense): Promise<void> {
  const { usage } = (await license.api.deps.seats.lapseLeases(license, { drop: false })) as {
    usage?: { used: number; limit: number };
  };
  const left = usage === undefined ? 0 : usage.limit - usage.used;
  for (let n = 0; n < left; n += 1) await acquire(license);
}

function idOfAMinuteAgo(): string {
  const uuid = TypeID.fromString(newId('ses')).toUUID().replaceAll('-', '');
  const then = (Date.now() - 60_000).toString(16).padStart(12, '0');
  const hex = then + uuid.slice(12);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return TypeID.fromUUID('ses', [...parts, hex.slice(20)].join('-')).toString();
}
