--[[
  The heartbeat: keeps the caller's hold on its seat, or its place in the queue.

  Guarantee: a lease that is over is renewed only if nobody waits and a seat is free, so that a beat
  never takes what belongs to another. It drops nobody. O(log n), eight calls.

  KEYS     meta, seats, queue, waiters, ended, prefix of sessions' keys (derived: the caller's)
  ARGV[1]  channel of announcements (not used)
  ARGV[2]  session
  ARGV[3]  instance
  ARGV[4]  holder

  Replies:
    RENEWED  lease until, '1' if the session's workflow should hear of it, used, limit, fence,
             heartbeat interval, now
    QUEUED   alive until, now
    OFFERED  offer until, now
    ENDED    reason, epoch, now
    NO_POOL
]]
-- @include live-pool
-- @include read-session
-- @include standing
-- @include queue
-- @include holders
-- @include keep

local sessionId, instance, holder = ARGV[2], ARGV[3], ARGV[4]

local pool = livePool()
if not pool then return { 'NO_POOL' } end

local session = readSession(pool, instance)
local isOwn = session.isLive and session.id == sessionId and not session.closing
local holdsUntil = isOwn and tonumber(session[holderField(holder)])

local function liveSeats()
  return redis.call('ZCOUNT', seatsKey, '(' .. now, '+inf')
end

local function renew()
  local leaseUntil = now + pool.leaseMs
  local forward = now - session.forwardedAt >= pool.signalEveryMs
  local key = sessionKey(instance)
  redis.call('HSET', key, holderField(holder), leaseUntil)
  redis.call('ZADD', seatsKey, 'XX', 'GT', leaseUntil, instance)
  if forward then
    redis.call('HSET', key, 'forwardedAt', now)
    keepSession(pool, instance)
    keepPool(pool)
  end
  return { 'RENEWED', leaseUntil, forward and 1 or 0, liveSeats(), pool.limit, session.fence,
    pool.heartbeatMs, now }
end

-- Its lease is over, but nobody dropped it: it may go on if nobody is worse off.
local function mayRevive()
  return holdsUntil and session.stage == 'active' and dueOf(session, instance) > 0
    and liveWaiters() == 0 and liveSeats() < pool.capacity
end

local stage, detail = standing(pool, session, instance, sessionId)
if not stage then
  if mayRevive() then return renew() end
  return { 'ENDED', detail, pool.epoch, now }
end
if stage == 'queued' then return { 'QUEUED', refreshWaiter(pool, instance, session), now } end
if stage == 'offered' then return { 'OFFERED', detail, now } end
if session.closing then return { 'ENDED', 'released', pool.epoch, now } end
if holdsUntil and holdsUntil > now then return renew() end
-- Others hold the seat, and this holder's own lease is over. One that Redis forgot in a restore is
-- known by its credential.
if (tonumber(session.adoptUntil) or 0) > now then return renew() end
return { 'ENDED', 'lapsed', pool.epoch, now }
