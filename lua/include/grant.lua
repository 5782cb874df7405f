-- @include keys
-- @include now
-- @include holders
-- @include keep
-- @include token

-- Begins a tenure with a fence that is higher than any before in this pool. `session` is what the
-- instance had: an offer that is taken, or the tombstone of the session before, which is kept.
-- Answers fence, lease end and, if the session has offline rights, their end.
local function grant(pool, instance, session, sessionId, holder, caller)
  local key = sessionKey(instance)
  local leaseUntil = now + pool.leaseMs
  local fence = pool.epoch .. ':' .. redis.call('HINCRBY', metaKey, 'fence', 1)
  redis.call('DEL', key)
  redis.call('HSET', key, 'id', sessionId, 'stage', 'active', 'generation', pool.generation,
    'fence', fence, 'grantVersion', pool.version, 'since', now, 'forwardedAt', now, holderField(holder), leaseUntil)
  if session.endedId then
    redis.call('HSET', key, 'endedId', session.endedId, 'endedReason', session.endedReason)
  end
  redis.call('ZADD', seatsKey, leaseUntil, instance)
  local begun = { id = sessionId, device = caller.device }
  redis.call('HSET', key, 'device', caller.device)
  if caller.keepsRights then redis.call('HSET', key, 'keeps', 1) end
  local hardUntil = beginRights(pool, caller.device, sessionId, leaseUntil)
  if hardUntil then coverToken(pool, instance, begun, holder, caller.signer, hardUntil) end
  keepSession(pool, instance)
  keepPool(pool)
  return fence, leaseUntil, hardUntil
end
