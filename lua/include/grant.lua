-- @include keys
-- @include now
-- @include holders
-- @include keep

-- Begins a tenure with a fence that is higher than any before in this pool. `session` is what the
-- instance had: an offer that is taken, or the tombstone of the session before, which is kept.
local function grant(pool, instance, session, sessionId, holder)
  local key = sessionKey(instance)
  local leaseUntil = now + pool.leaseMs
  local fence = pool.epoch .. ':' .. redis.call('HINCRBY', metaKey, 'fence', 1)
  redis.call('DEL', key)
  redis.call('HSET', key, 'id', sessionId, 'stage', 'active', 'generation', pool.generation,
    'fence', fence, 'since', now, 'forwardedAt', now, holderField(holder), leaseUntil)
  if session.endedId then
    redis.call('HSET', key, 'endedId', session.endedId, 'endedReason', session.endedReason)
  end
  redis.call('ZADD', seatsKey, leaseUntil, instance)
  keepSession(pool, instance)
  keepPool(pool)
  return fence, leaseUntil
end
