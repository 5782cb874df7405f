-- @include keys
-- @include now
-- @include keep

-- Gives the instance a ticket, the last of all.
local function enqueue(pool, instance, session, sessionId)
  local key = sessionKey(instance)
  local n = redis.call('HINCRBY', metaKey, 'ticket', 1)
  local queueUntil = now + pool.queueWaitMs
  local ticket = pool.epoch .. ':' .. n
  redis.call('DEL', key)
  redis.call('HSET', key, 'id', sessionId, 'stage', 'queued', 'generation', pool.generation,
    'ticket', ticket, 'queueUntil', queueUntil)
  if session.endedId then
    redis.call('HSET', key, 'endedId', session.endedId, 'endedReason', session.endedReason)
  end
  redis.call('ZADD', queueKey, n, instance)
  redis.call('ZADD', waitersKey, math.min(now + pool.livenessMs, queueUntil), instance)
  keepSession(pool, instance)
  keepPool(pool)
end
