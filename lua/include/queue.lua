-- @include keys
-- @include now
-- @include announce

local function liveWaiters()
  return redis.call('ZCOUNT', waitersKey, '(' .. now, '+inf')
end

local function deadWaiters()
  return redis.call('ZCOUNT', waitersKey, '-inf', now)
end

-- Shows that a waiter lives. Nobody waits for longer than the longest wait, whatever signs it gives.
local function refreshWaiter(pool, instance, session)
  local livesUntil = math.min(now + pool.livenessMs, tonumber(session.queueUntil))
  redis.call('ZADD', waitersKey, 'XX', livesUntil, instance)
  return livesUntil
end

-- The place of a waiter among those who live; 1 is next. Dead ones stand in the queue only while the
-- ledger is too far behind to be told of them.
local function placeOf(instance)
  local rank = redis.call('ZRANK', queueKey, instance)
  local place = rank + 1
  if rank == 0 or deadWaiters() == 0 then return place end
  for _, ahead in ipairs(redis.call('ZRANGE', queueKey, 0, rank - 1)) do
    if tonumber(redis.call('ZSCORE', waitersKey, ahead)) <= now then place = place - 1 end
  end
  return place
end

-- Takes a waiter that is given a seat without an offer out of the queue.
local function leaveQueue(instance)
  redis.call('ZREM', queueKey, instance)
  redis.call('ZREM', waitersKey, instance)
  noteChange()
end
