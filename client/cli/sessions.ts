/** `leasehold sessions …`: for administrators, who sees who holds the seats and frees a stuck one. */
import Table from 'cli-table3';
import { resolveTenant, type TenantOptions } from '../settings.ts';
import { reportFailure } from './failure.ts';
import { createTenantApi, type LedgerSession } from './tenant-api.ts';
import { duration } from './words.ts';

interface CommonOptions extends TenantOptions {
  json: boolean;
}

export interface ListOptions extends CommonOptions {
  license: string;
  /** Also sessions that have ended. */
  all: boolean;
  limit: number;
  cursor?: string;
}

const credential = 'API key (LEASEHOLD_API_KEY)';

/** Prints the sessions of a license on standard output. @returns the exit code. */
export async function listSessions(options: ListOptions): Promise<number> {
  const { license: licenseId, all, limit, cursor = null, json } = options;
  try {
    const api = createTenantApi(resolveTenant(options, process.env));
    const page = await api.listSessions({ licenseId, onlyOpen: !all, limit, cursor });
    if (json) console.log(JSON.stringify(page));
    else if (page.items.length === 0) {
      console.log(all ? 'This license has had no sessions.' : 'No sessions are open.');
    } else {
      console.log(tableOf(page.items, Date.now()));
      if (page.nextCursor !== null) console.log(`More follow: --cursor ${page.nextCursor}`);
    }
    return 0;
  } catch (error) {
    return reportFailure(error, { json, credential });
  }
}

/** Takes a seat back from whoever holds it. @returns the exit code. */
export async function releaseSession(
  sessionId: string,
  options: CommonOptions & { reason: string },
): Promise<number> {
  const { json, reason } = options;
  try {
    const api = createTenantApi(resolveTenant(options, process.env));
    const session = await api.forceRelease(sessionId, reason);
    console.log(json ? JSON.stringify(session) : releasedLine(session));
    return 0;
  } catch (error) {
    return reportFailure(error, { json, credential });
  }
}

function releasedLine({ id, device, endReason }: LedgerSession): string {
  const who = device.name ?? 'a device without a name';
  return endReason === 'forced'
    ? `${id} is released: the seat of ${who} is free.`
    : `${id} of ${who} had ended already (${endReason ?? 'unknown'}).`;
}

/** Columns without lines, so that other programs can read them too. */
function tableOf(sessions: readonly LedgerSession[], nowMs: number): string {
  const lines = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'];
  const rest = ['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'];
  const none = Object.fromEntries([...lines, ...rest].map((name) => [name, '']));
  const table = new Table({
    head: ['SESSION', 'STATUS', 'FOR', 'DEVICE', 'PRODUCT', 'INSTANCE'],
    chars: { ...none, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...sessions.map((session) => rowOf(session, nowMs)));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function rowOf(session: LedgerSession, nowMs: number): string[] {
  const { id, status, createdAt, grantedAt, endedAt, endReason } = session;
  const since = Date.parse(grantedAt ?? createdAt);
  const until = endedAt === null ? nowMs : Date.parse(endedAt);
  return [
    id,
    status === 'ended' ? `ended: ${endReason ?? 'unknown'}` : status,
    duration((until - since) / 1000),
    session.device.name ?? '-',
    `${session.product} ${session.version}`,
    session.instanceKey.slice(0, 12),
  ];
}
