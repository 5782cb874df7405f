/**
 * Each mutant is one mistake that somebody could make in the scripts. The stories that the scripts pass
 * must fail with it, by what they observe: a script that merely breaks proves nothing.
 */
import { AssertionError } from 'node:assert';
import { expect, test } from 'vitest';
import { startSeatStage } from './given-seats.ts';
import { runStories, type Stories } from './stories.ts';

const stage = await startSeatStage();

interface Mutant {
  mistake: string;
  file: string;
  from: string;
  to: string;
}

const mutants: Mutant[] = [
  {
    mistake: 'grants one seat beyond the limit',
    file: 'acquire-seat.lua',
    from: 'seatsUsed() < pool.capacity then',
    to: 'seatsUsed() <= pool.capacity then',
  },
  {
    mistake: 'offers one seat beyond the limit',
    file: 'include/promote.lua',
    from: 'pool.capacity - seatsUsed()',
    to: 'pool.capacity - seatsUsed() + 1',
  },
  {
    mistake: 'never purges what has lapsed',
    file: 'include/drop-lapsed.lua',
    from: 'math.min(batchMax, roomToDrop())',
    to: '0',
  },
  {
    mistake: 'purges with < for <=',
    file: 'include/drop-lapsed.lua',
    from: "'-inf', now,",
    to: "'-inf', '(' .. now,",
  },
  {
    mistake: 'takes a lease that is over just now for live',
    file: 'include/standing.lua',
    from: 'if due <= now then',
    to: 'if due < now then',
  },
  {
    mistake: 'gives the same fence again',
    file: 'include/grant.lua',
    from: "'fence', 1)",
    to: "'fence', 0)",
  },
  {
    mistake: 'leaves a ghost in the queue',
    file: 'include/end-session.lua',
    from: "redis.call('ZREM', waitersKey, instance)",
    to: '',
  },
  {
    mistake: 'does not report what it dropped',
    file: 'include/drop-session.lua',
    from: "redis.call('HSET', endedKey",
    to: "redis.call('HMGET', endedKey",
  },
  {
    mistake: 'lets newcomers pass those who wait',
    file: 'include/promote.lua',
    from: "  if free <= 0 or redis.call('ZCARD', queueKey) == 0 then return end",
    to: '  if true then return end',
  },
  {
    mistake: 'offers seats to the last in the queue',
    file: 'include/promote.lua',
    from: "'ZRANGE', queueKey",
    to: "'ZREVRANGE', queueKey",
  },
  {
    mistake: 'forgets that an instance has a seat',
    file: 'acquire-seat.lua',
    from: 'if due == 0 then due = false end',
    to: 'due = false',
  },
  {
    mistake: 'lets a late beat take a seat that somebody waits for',
    file: 'renew-lease.lua',
    from: 'and liveWaiters() == 0 and liveSeats() < pool.capacity',
    to: '',
  },
  {
    mistake: 'ends a shared session with its first holder',
    file: 'release-seat.lua',
    from: "holder == '' or heldUntil <= now",
    to: 'true',
  },
  {
    mistake: 'holds a seat for a holder that has left',
    file: 'release-seat.lua',
    from: "redis.call('ZADD', seatsKey, 'XX', heldUntil, instance)",
    to: '',
  },
  {
    mistake: 'frees a newer session of the instance',
    file: 'release-seat.lua',
    from: 'if session.id == sessionId then endSession',
    to: 'if true then endSession',
  },
  {
    mistake: 'keeps a suspended pool’s sessions for its reinstatement',
    file: 'include/clear-pool.lua',
    from: "redis.call('UNLINK', seatsKey",
    to: "if true then return end\n  redis.call('UNLINK', seatsKey",
  },
  {
    mistake: 'takes over an older configuration',
    file: 'include/apply-config.lua',
    from: '< pool.version then',
    to: '< 0 then',
  },
  {
    mistake: 'grants after the license has expired',
    file: 'include/pool-is-granting.lua',
    from: 'pool.validUntil <= now',
    to: 'false',
  },
  {
    mistake: 'trusts another dataset',
    file: 'include/live-pool.lua',
    from: 'if meta[1] ~= currentDataset() then',
    to: 'if not meta[1] then',
  },
  {
    mistake: 'opens the pool to an older restore',
    file: 'restore-pool.lua',
    from: 'elseif epoch ~= loadingEpoch',
    to: 'elseif false',
  },
  {
    mistake: 'keeps the sessions of two tenants under one key',
    file: 'include/keys.lua',
    from: 'KEYS[7] .. instance',
    to: "'lh:s:' .. instance",
  },
  {
    mistake: 'grants anew to an instance that only asks again',
    file: 'acquire-seat.lua',
    from: '  local leaseUntil, hardUntil, isNew, isShared =\n',
    to: "  do return grantTo(session, session.id, 'free') end\n  local leaseUntil, hardUntil, isNew, isShared =\n",
  },
  {
    mistake: 'gives a waiter that only asks again a new place',
    file: 'acquire-seat.lua',
    from: '    return queuedAs(session, 0)',
    to: '    enqueue(pool, instance, session, session.id)\n    return queuedAs(readSession(pool, instance), 0)',
  },
  {
    mistake: 'counts a holder anew that only asks again',
    file: 'include/attach.lua',
    from: '(tonumber(session[field]) or 0) <= now',
    to: 'true',
  },
  {
    mistake: 'keeps an offer for ever',
    file: 'include/drop-lapsed.lua',
    from: 'if session.isLive then',
    to: "if session.stage == 'offered' and session.isLive then\n    elseif session.isLive then",
  },
  {
    mistake: 'counts holders that fell silent',
    file: 'include/holders.lua',
    from: ' and tonumber(value) > now then',
    to: ' then',
  },
  {
    mistake: 'adopts unknown holders after a restored lease is over',
    file: 'renew-lease.lua',
    from: 'if (tonumber(session.adoptUntil) or 0) > now then',
    to: 'if session.adoptUntil then',
  },
  {
    mistake: 'goes by the old configuration in the call that brings a new one',
    file: 'include/apply-config.lua',
    from: '  parseConfig(pool, text)\n',
    to: '',
  },
  {
    mistake: 'takes what it told once for acknowledged',
    file: 'include/reply.lua',
    from: '  return words\n',
    to: "  redis.call('DEL', endedKey)\n  return words\n",
  },
  {
    mistake: 'counts restored waiters as seats',
    file: 'restore-pool.lua',
    from: "  redis.call('ZADD', queueKey, n, instance)\n",
    to: "  redis.call('ZADD', queueKey, n, instance)\n  redis.call('ZADD', seatsKey, leaseUntil, instance)\n",
  },
  {
    mistake: 'gives new tickets that come before restored ones',
    file: 'restore-pool.lua',
    from: 'highest = math.max(highest, n)',
    to: '',
  },
  {
    mistake: 'lets a takeover pass those who wait',
    file: 'include/take-over.lua',
    from: 'if place and place > 1 or not place and liveWaiters() > 0 then',
    to: 'if false then',
  },
  {
    mistake: 'keeps the session whose seat was taken over',
    file: 'acquire-seat.lua',
    from: '  endTakenOver(pool, takenInstance, taken)\n',
    to: '',
  },
  {
    mistake: 'does not report the session whose seat was taken over',
    file: 'include/take-over.lua',
    from: 'dropSession(',
    to: 'endSession(',
  },
  {
    mistake: 'takes over whatever session the instance has by now',
    file: 'include/take-over.lua',
    from: 'not session.isLive or session.id ~= sessionId',
    to: 'not session.isLive',
  },
  {
    mistake: 'takes over a place in the queue',
    file: 'include/take-over.lua',
    from: "if session.stage == 'queued' then",
    to: 'if false then',
  },
  {
    mistake: 'takes over above the limit',
    file: 'include/take-over.lua',
    from: 'if seatsUsed() > pool.capacity then',
    to: 'if false then',
  },
  {
    mistake: 'leaves a waiter that took a seat over in the queue',
    file: 'acquire-seat.lua',
    from: '  if place then leaveQueue(instance) end\n',
    to: '',
  },
  {
    mistake: 'counts a device again for each of its sessions',
    file: 'include/rights.lua',
    from: "redis.call('ZADD', hardKey, 'GT', hardUntil, device)",
    to: "redis.call('ZADD', hardKey, 'GT', hardUntil, device .. name)",
  },
  {
    mistake: 'counts no device that goes on offline',
    file: 'include/rights.lua',
    from: 'return liveRights() < most end',
    to: 'return true end',
  },
  {
    mistake: 'lets rights shrink with a beat',
    file: 'include/rights.lua',
    from: "redis.call('ZADD', hardKey, 'GT', hardUntil, device)",
    to: "redis.call('ZADD', hardKey, hardUntil - pool.graceMs / 2, device)",
  },
  {
    mistake: 'discards rights with every clean stop',
    file: 'include/rights.lua',
    from: 'if isClean and not session.keeps then',
    to: 'if isClean then',
  },
  {
    mistake: 'keeps rights whatever is given back',
    file: 'include/rights.lua',
    from: 'if isClean and not session.keeps then',
    to: 'if false then',
  },
  {
    mistake: 'discards the rights of a lapsed session',
    file: 'include/end-session.lua',
    from: "fate ~= 'keep' and reason == 'released'",
    to: 'true',
  },
  {
    mistake: 'takes other sessions’ rights on the device along',
    file: 'include/rights.lua',
    from: '  if latest > now then\n',
    to: '  if false then\n',
  },
  {
    mistake: 'gives an online-only session rights that the ledger does not know',
    file: 'renew-lease.lua',
    from: "if session.unrecorded and fate == 'recorded' then",
    to: 'if true then',
  },
  {
    mistake: 'goes on with reserved rights that were refused',
    file: 'renew-lease.lua',
    from: "fate == 'refused' then giveUpReserved() end",
    to: "fate == 'refused' then session.unrecorded = pool.version end",
  },
  {
    mistake: 'signs without moving the rights',
    file: 'include/token.lua',
    from: '  extendRights(pool, session.device, session.id, latest)\n',
    to: '',
  },
  {
    mistake: 'signs nothing anew',
    file: 'include/token.lua',
    from: 'if hardUntil - tokenUntil >= pool.graceMs * worthSigning then',
    to: 'if false then',
  },
  {
    mistake: 'keeps tokens whose terms have changed',
    file: 'include/token.lua',
    from: 'if making ~= makingOf(pool, signer) then',
    to: 'if not making then',
  },
  {
    mistake: 'restores no rights of sessions that are over',
    file: 'restore-pool.lua',
    from: "  keepRights(pool, ARGV[i], 'restored', tonumber(ARGV[i + 1]))\n",
    to: '',
  },
  {
    mistake: 'restores online-only sessions with rights',
    file: 'restore-pool.lua',
    from: 'if rightsMs then restoreRights(session, instance, device, rightsMs, isShared) end',
    to: 'restoreRights(session, instance, device, rightsMs or 0, isShared)',
  },
];

/**
 * The first failure by what a story observes. A mutant may break the script before it is observed, or
 * pass a run by luck: then other stories are told.
 */
async function failureOf(load: Stories['load']): Promise<unknown> {
  for (const seed of [1, 2, 3]) {
    const failure = await runStories(stage, { seed, runs: 80, length: 100, load }).then(
      () => null,
      (error: unknown) => (error as Error).cause,
    );
    if (failure instanceof Error && failure.name === AssertionError.name) return failure;
  }
  return null;
}

test.each(mutants)(
  'the stories catch a pool that $mistake',
  { timeout: 90_000 },
  async ({ file, from, to }) => {
    let isMutated = false;
    const rewrite = (name: string, text: string) => {
      if (name !== file) return text;
      expect(text, 'the mutant changes the script').toContain(from);
      isMutated = true;
      return text.replace(from, to);
    };
    expect(await failureOf({ rewrite }), 'some story fails').not.toBeNull();
    expect(isMutated).toBe(true);
  },
);
