--[[
  Rebuilds a pool from the ledger, in chunks of at most 500 sessions: the first clears, the last opens.

  Guarantee: until the last chunk the pool answers NO_POOL. Of several restores only the one with the
  highest epoch can finish; a chunk of another, of one that was interrupted or of one that is over, is
  refused. Repeating a chunk changes nothing. Fences begin anew under the higher epoch, so they rise.
  Each session gets a fresh lease and one synthetic holder, while which its holders are adopted; each
  waiter keeps its ticket and is alive for one liveness.

  KEYS     meta, seats, queue, waiters, ended, prefix of sessions' keys (derived: one per session given)
  ARGV[1]  channel of announcements
  ARGV[2]  epoch
  ARGV[3]  '1' for the first chunk
  ARGV[4]  '1' for the last chunk
  ARGV[5]  what the license says now, packed
  ARGV[6]  number of seats
  ARGV[7]  number of waiters
  then     for each seat: session, instance, fence as epoch:counter, '1' if several held it
  then     for each waiter: session, instance, ticket as epoch:n

  Replies:
    RESTORED     until when the restored seats are held
    STALE_EPOCH
  Publishes with the last chunk.
]]
-- @include keys
-- @include now
-- @include dataset
-- @include parse-config
-- @include clear-pool
-- @include keep
-- @include announce

local epoch, isFirst, isLast = tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4] == '1'
local seatCount, waiterCount = tonumber(ARGV[6]), tonumber(ARGV[7])
local firstSeat, firstWaiter = 8, 8 + 4 * seatCount

local dataset = currentDataset()
local pool = parseConfig({ epoch = epoch, clearings = 0, generation = ARGV[2] .. ':0' }, ARGV[5])
local leaseUntil = now + pool.leaseMs

-- A pool that is being loaded has `loading` and `loadingInto`, and no dataset yet.
local known = redis.call('HMGET', metaKey, 'epoch', 'dataset', 'loading', 'loadingInto')
local openedEpoch, loadingEpoch = tonumber(known[1]) or 0, tonumber(known[3]) or 0

-- The reply to the last chunk was lost. The pool is open: seats may have been granted since.
if isLast and openedEpoch == epoch and known[2] == dataset then return { 'RESTORED', leaseUntil } end
if isFirst then
  if epoch <= openedEpoch or epoch < loadingEpoch then return { 'STALE_EPOCH' } end
  redis.call('UNLINK', metaKey, seatsKey, queueKey, waitersKey, endedKey)
  redis.call('HSET', metaKey, 'loading', epoch, 'loadingInto', dataset, 'fence', 0, 'ticket', 0)
elseif epoch ~= loadingEpoch or known[4] ~= dataset then
  return { 'STALE_EPOCH' }
end

local function write(session, instance, stage, ...)
  redis.call('DEL', sessionKey(instance))
  redis.call('HSET', sessionKey(instance), 'id', session, 'generation', pool.generation,
    'stage', stage, ...)
  keepSession(pool, instance)
end

for i = firstSeat, firstWaiter - 1, 4 do
  local session, instance, fence = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  write(session, instance, 'active', 'fence', fence, 'forwardedAt', now, 'adoptUntil', leaseUntil)
  if ARGV[i + 3] ~= '1' then redis.call('HSET', sessionKey(instance), 'alone', 1) end
  redis.call('ZADD', seatsKey, leaseUntil, instance)
end

-- New tickets come after all restored ones, so that the number alone orders the queue in any epoch.
local highest = tonumber(redis.call('HGET', metaKey, 'ticket'))
for i = firstWaiter, firstWaiter + 3 * waiterCount - 1, 3 do
  local session, instance, ticket = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local n = tonumber(string.match(ticket, ':(%d+)$'))
  local queueUntil = now + pool.queueWaitMs
  write(session, instance, 'queued', 'ticket', ticket, 'queueUntil', queueUntil)
  redis.call('ZADD', queueKey, n, instance)
  redis.call('ZADD', waitersKey, math.min(now + pool.livenessMs, queueUntil), instance)
  highest = math.max(highest, n)
end
redis.call('HSET', metaKey, 'ticket', highest)

if isLast then
  redis.call('HDEL', metaKey, 'loading', 'loadingInto')
  redis.call('HSET', metaKey, 'dataset', dataset, 'epoch', epoch, 'clearings', 0, 'config', ARGV[5])
  if pool.status ~= 'open' then clearPool(pool, 'license_' .. pool.status) end
  noteChange()
end
keepPool(pool)
announceChange()
return { 'RESTORED', leaseUntil }
