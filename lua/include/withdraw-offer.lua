-- @include keys
-- @include now
-- @include announce

-- Puts a waiter whose offer cannot be honoured, because the limit was lowered after it was made, back
-- to where its ticket belongs. That is the one way in which those behind it move back.
local function withdrawOffer(pool, instance, session)
  local livesUntil = now + pool.livenessMs
  redis.call('ZREM', seatsKey, instance)
  redis.call('ZADD', queueKey, string.match(session.ticket, ':(%d+)$'), instance)
  redis.call('ZADD', waitersKey, livesUntil, instance)
  session.stage = 'queued'
  session.queueUntil = math.max(tonumber(session.queueUntil), livesUntil)
  redis.call('HSET', sessionKey(instance), 'stage', 'queued', 'queueUntil', session.queueUntil)
  noteChange()
end
