--[[
  Rebuilds a pool from the ledger, in chunks of at most 500 sessions: the first clears, the last opens.

  Guarantee: until the last chunk the pool answers NO_POOL. Of several restores only the one with the
  highest epoch can finish; a chunk of another, of one that was interrupted or of one that is over, is
  refused. Repeating a chunk changes nothing. Fences begin anew under the higher epoch, so they rise.
  Each session gets a fresh lease and one synthetic holder, while which its holders are adopted; each
  waiter keeps its ticket and is alive for one liveness. Of offline rights it loads at least what is out: a
  seat's as if it had just been renewed, and those of sessions that are over until the given bound, which
  count till then and entitle a device to nothing more.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per session given, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  epoch
  ARGV[3]  '1' for the first chunk
  ARGV[4]  '1' for the last chunk
  ARGV[5]  what the license says now, packed
  ARGV[6]  terms: what the license's tokens say of it
  ARGV[7]  number of seats
  ARGV[8]  number of waiters
  ARGV[9]  number of devices
  then     for each seat: session, instance, fence as epoch:counter, '1' if several held it, device,
           '1' if rights stay after a clean stop, how long rights last after a beat or '-' (online-only)
  then     for each waiter: session, instance, ticket as epoch:n
  then     for each device of sessions that are over: device, rights until

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
-- @include rights

local epoch, isFirst, isLast = tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4] == '1'
local seatCount, waiterCount, deviceCount = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local firstSeat = 10
local firstWaiter = firstSeat + 7 * seatCount
local firstDevice = firstWaiter + 3 * waiterCount

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
  redis.call('UNLINK', metaKey, seatsKey, queueKey, waitersKey, endedKey, hardKey)
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

-- Which of its tokens are out nobody knows, so all that several held it for count until they are over.
local function restoreRights(session, instance, device, rightsMs, isShared)
  local hardUntil = now + math.max(rightsMs, pool.leaseMs + pool.graceMs)
  redis.call('HSET', sessionKey(instance), 'hardUntil', hardUntil)
  if isShared then redis.call('HSET', sessionKey(instance), 'strayUntil', hardUntil) end
  extendRights(pool, device, session, hardUntil)
end

for i = firstSeat, firstWaiter - 1, 7 do
  local session, instance, fence, isShared = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3] == '1'
  local device, keeps, rightsMs = ARGV[i + 4], ARGV[i + 5], tonumber(ARGV[i + 6])
  write(session, instance, 'active', 'fence', fence, 'forwardedAt', now, 'adoptUntil', leaseUntil)
  redis.call('HSET', sessionKey(instance), 'device', device)
  if not isShared then redis.call('HSET', sessionKey(instance), 'alone', 1) end
  if keeps == '1' then redis.call('HSET', sessionKey(instance), 'keeps', 1) end
  if rightsMs then restoreRights(session, instance, device, rightsMs, isShared) end
  redis.call('ZADD', seatsKey, leaseUntil, instance)
end

-- New tickets come after all restored ones, so that the number alone orders the queue in any epoch.
local highest = tonumber(redis.call('HGET', metaKey, 'ticket'))
for i = firstWaiter, firstDevice - 1, 3 do
  local session, instance, ticket = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local n = tonumber(string.match(ticket, ':(%d+)$'))
  local queueUntil = now + pool.queueWaitMs
  write(session, instance, 'queued', 'ticket', ticket, 'queueUntil', queueUntil)
  redis.call('ZADD', queueKey, n, instance)
  redis.call('ZADD', waitersKey, math.min(now + pool.livenessMs, queueUntil), instance)
  highest = math.max(highest, n)
end
redis.call('HSET', metaKey, 'ticket', highest)

for i = firstDevice, firstDevice + 2 * deviceCount - 1, 2 do
  keepRights(pool, ARGV[i], 'restored', tonumber(ARGV[i + 1]))
end

if isLast then
  redis.call('HDEL', metaKey, 'loading', 'loadingInto')
  redis.call('HSET', metaKey, 'dataset', dataset, 'epoch', epoch, 'clearings', 0, 'config', ARGV[5],
    'terms', ARGV[6], 'termsVersion', pool.version)
  if pool.status ~= 'open' then clearPool(pool, 'license_' .. pool.status) end
  noteChange()
end
keepPool(pool)
announceChange()
return { 'RESTORED', leaseUntil }
