-- @include keys
-- @include now
-- @include holders
-- @include keep
-- @include token

-- Adds a holder to a session that has a seat, or renews it. Answers until when the seat is held, until
-- when its rights last or false, whether the holder is new and whether it shares the session, or nil when
-- the session has as many holders as its policy allows. A holder that nobody heard of when it was new still shares the session when it comes again.
local function attach(pool, instance, session, due, holder, signer)
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
  local hardUntil = hasRights(session) and leaseUntil + pool.graceMs
  if hardUntil then coverToken(pool, instance, session, holder, signer, hardUntil) end
  keepSession(pool, instance)
  keepPool(pool)
  return leaseUntil, hardUntil, isNew, isNew or othersUntil > now
end
