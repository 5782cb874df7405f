--- @include session-of
--- Takes an instance's session out of the pool and leaves a tombstone that tells why, for a day.
local function forget_session(instance, session, reason, pool, at)
  local key = session_key(instance)
  redis.call('ZREM', KEYS[2], instance)
  redis.call('ZREM', KEYS[3], instance)
  redis.call('ZREM', KEYS[4], instance)
  redis.call('DEL', key)
  redis.call('HSET', key, 'endedSession', session.id, 'endedReason', reason)
  redis.call('PEXPIRE', key, 86400000)
  if session.grantedAt > 0 then
    -- Exponential mean over ended tenures: recent ones tell most of how long the next will take.
    local tenure = math.max(0, at - session.grantedAt)
    local mean = pool.tenureMs < 0 and tenure or pool.tenureMs * 0.8 + tenure * 0.2
    pool.tenureMs = math.floor(mean)
    redis.call('HSET', KEYS[1], 'tenureMs', pool.tenureMs)
  end
end
