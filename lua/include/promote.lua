-- @include keys
-- @include now
-- @include announce
-- @include pool-is-granting
-- @include queue
-- @include usage

local offersMax = 500

-- Offers every free seat to those who wait, in the order of their tickets. Dead waiters, in the queue
-- only while the ledger is behind, are passed over.
local function promote(pool)
  if not poolIsGranting(pool) then return end
  local free = pool.capacity - seatsUsed()
  if free <= 0 or redis.call('ZCARD', queueKey) == 0 then return end
  local last = math.min(offersMax, free + deadWaiters()) - 1
  -- Each of them is offered a seat, or dead, until no seat is free.
  for _, instance in ipairs(redis.call('ZRANGE', queueKey, 0, last)) do
    if free > 0 and tonumber(redis.call('ZSCORE', waitersKey, instance)) > now then
      redis.call('ZREM', queueKey, instance)
      redis.call('ZREM', waitersKey, instance)
      redis.call('ZADD', seatsKey, now + pool.offerMs, instance)
      redis.call('HSET', sessionKey(instance), 'stage', 'offered')
      free = free - 1
      noteChange()
    end
  end
end
