-- @include keys

-- What is known of an instance: its session, if `isLive`, and the tombstone of the one before.
-- A session of another generation ended when its pool was cleared or restored without it.
local function readSession(pool, instance)
  local flat = redis.call('HGETALL', sessionKey(instance))
  local session = {}
  for i = 1, #flat, 2 do session[flat[i]] = flat[i + 1] end
  session.isLive = session.id ~= nil and session.generation == pool.generation
  return session
end

-- Until when a live session holds its seat, offer or place. Zero if that was
-- collected as garbage, long after it was over.
local function dueOf(session, instance)
  local key = session.stage == 'queued' and waitersKey or seatsKey
  return tonumber(redis.call('ZSCORE', key, instance)) or 0
end
