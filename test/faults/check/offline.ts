/** I2: how many devices may go on without the server at a time, by nothing but the tokens that clients hold. */
import { changesOf } from './periods.ts';
import { mostSeats } from './settings.ts';
import type { Op, Period, Story, Violation } from './story.ts';

/** Reading two clocks one after the other costs less than this. */
const clockSlackMs = 20;

/** While a device surely may go on without the server, by whichever of its tokens. */
interface Right extends Period {
  device: string;
  /** Its session or license file. */
  by: string;
  /** The earliest that it may have been given. */
  since: number;
}

/**
 * I2: whenever a device gains a right, no more devices surely have one than the license had seats and
 * allowance since it may have been given. Seats that were taken back take no right along.
 */
export function checkOffline(story: Story): Violation[] {
  const users = usersOf(story);
  const rights = rightsOf(story, users);
  return story.pools.flatMap((pool) => {
    const { licenseId, offlineAllowance } = pool;
    const most = mostSeats(story, pool);
    let out = 0;
    return changesOf(rights.get(licenseId) ?? []).flatMap(({ at, by, item }) => {
      out += by;
      const limit = most(item.since, at) + offlineAllowance;
      if (by === -1 || out <= limit) return [];
      const text = `${String(out)} devices may go on offline with ${licenseId}, which allows ${String(limit)}: ${item.device} by ${item.by} is one too many`;
      return [{ rule: 'I2', at, text }];
    });
  });
}

interface User {
  device: string;
  keepsRights: boolean;
}

/** Whose each session is, as its client said when it asked. */
function usersOf({ ops }: Story): Map<string, User> {
  return new Map(
    ops.flatMap(({ session, device, keepsRights = true }) =>
      session === undefined || device === undefined ? [] : [[session, { device, keepsRights }]],
    ),
  );
}

/** Whoever has a license file gives it up with its check-in. */
function userOfFile({ device = '' }: Op): User {
  return { device, keepsRights: false };
}

/**
 * The rights of each license, a device's one after the other. A token counts from the answer that it came
 * with to its own end, whatever becomes of the session. Only a client that keeps none drops what
 * it has, right before it says that it leaves.
 */
function rightsOf(story: Story, users: ReadonlyMap<string, User>): Map<string, Right[]> {
  const drops = dropsOf(story);
  const earliest = earliestOf(story, users);
  const latest = new Map<string, Right>();
  const rights = new Map<string, Right[]>();
  for (const op of story.ended) {
    const { session = '', holder = '', licenseId, offlineUntil, outcome, doneAt: from } = op;
    const user = op.file === undefined ? users.get(session) : userOfFile(op);
    if (outcome !== 'ok' || offlineUntil === undefined || user === undefined) continue;
    const { device, keepsRights } = user;
    const name = op.file ?? session;
    const droppedAt = keepsRights ? Infinity : (drops.get(`${name} ${holder}`) ?? Infinity);
    const to = Math.min(offlineUntil - clockSlackMs, droppedAt);
    const key = `${licenseId} ${device}`;
    const before = latest.get(key);
    if (before !== undefined && from <= before.to) {
      before.to = Math.max(before.to, to);
    } else if (to > from) {
      const since = Math.min(op.invokedAt, earliest.get(key) ?? Infinity);
      const right = { device, by: name, since, from, to };
      latest.set(key, right);
      rights.set(licenseId, [...(rights.get(licenseId) ?? []), right]);
    }
  }
  return rights;
}

/** When each holder was about to leave its session first, and each file about to be given up. */
function dropsOf({ ops }: Story): Map<string, number> {
  const drops = new Map<string, number>();
  for (const { deed, session, file, holder = '', invokedAt } of ops) {
    const key = `${String(file ?? session)} ${holder}`;
    const isDropped = deed === 'release' || deed === 'check-in';
    if (isDropped && !drops.has(key)) drops.set(key, invokedAt);
  }
  return drops;
}

/**
 * When each device asked first for what may have given it a right: it never heard of it, it was told of one, or
 * it was told of a seat without a token. What it is told of later may go back to that.
 */
function earliestOf({ ops }: Story, users: ReadonlyMap<string, User>): Map<string, number> {
  const earliest = new Map<string, number>();
  for (const op of ops) {
    const device = op.device ?? users.get(op.session ?? '')?.device;
    if (device === undefined || !mayHaveGiven(op)) continue;
    const key = `${op.licenseId} ${device}`;
    if (!earliest.has(key)) earliest.set(key, op.invokedAt);
  }
  return earliest;
}

function mayHaveGiven({ deed, outcome, status, isOnlineOnly }: Op): boolean {
  if (deed === 'check-out') return outcome !== 'fail';
  if (deed !== 'acquire' && deed !== 'renew') return false;
  if (outcome === 'info') return true;
  return outcome === 'ok' && status === 'active' && isOnlineOnly !== true;
}
