/**
 * Each mutant is one mistake that somebody could make in the scripts. The stories that the scripts pass
 * must fail with it, by what they observe: a script that merely breaks proves nothing.
 */
import { AssertionError } from 'node:assert';
import { expect, test } from 'vitest';
import { startSeatStage } from './given-seats.ts';
import { runStories } from './stories.ts';

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
    from: "redis.call('UNLINK', seatsKey, queueKey, waitersKey)",
    to: '',
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
    from: 'KEYS[6] .. instance',
    to: "'lh:s:' .. instance",
  },
];

test.each(mutants)('the stories catch a pool that $mistake', async ({ file, from, to }) => {
  let isMutated = false;
  const rewrite = (name: string, text: string) => {
    if (name !== file) return text;
    expect(text, 'the mutant changes the script').toContain(from);
    isMutated = true;
    return text.replace(from, to);
  };
  const failure = await runStories(stage, {
    seed: 1,
    runs: 80,
    length: 100,
    load: { rewrite },
  }).then(
    () => null,
    (error: unknown) => error,
  );
  expect(isMutated).toBe(true);
  expect(failure, 'some story fails').toBeInstanceOf(Error);
  expect((failure as Error).cause).toMatchObject({ name: AssertionError.name });
});
