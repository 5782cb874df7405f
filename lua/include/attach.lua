-- @include keys
-- @include now
-- @include holders
-- @include keep

-- Adds a holder to a session that has a seat, or renews it. Answers until when the seat is held, whether
-- the holder is new and whether it shares the session, or nil when the session has as many holders as its
-- policy allows. A holder that nobody heard of when it was new still shares the session when it comes again.
local function attach(pool, instance, session, due, holder)
  local field = holderField(holder)
  local isNew = (tonumber(session[field]) or 0) <= now
  if isNew then
    if liveHolders(session) >= pool.holdersMax then return nil end
    forgetDeadHolders(session, instance)
    redis.call('HDEL', sessionKey(instance), 'alone')
  end
  local _, othersUntil = liveHolders(session, holder)
  local leaseUntil = math.max(due, now + pool.leaseMs)
  redis.call('HSET', sessionKey(instance), field, now + pool.leaseMs)
  redis.call('ZADD', seatsKey, 'XX', leaseUntil, instance)
  keepSession(pool, instance)
  keepPool(pool)
  return leaseUntil, isNew, isNew or othersUntil > now
end
