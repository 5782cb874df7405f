--[[
  Says where a session stands. For one that waits it is the sign of life.

  Guarantee: a place in the queue counts live waiters only and never goes backwards; a seat that has
  lapsed silently is found by the first who asks after it is due. Bounded: drops and offers at most 500
  sessions each.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per instance met, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  session
  ARGV[3]  instance

  Replies, each but the last with the unacknowledged dropped sessions at its end:
    QUEUED   place, length, alive until, queued until, mean tenure, next change, used, limit, now
    OFFERED  offer until, next change, used, limit, now
    ACTIVE   lease until, fence, heartbeat interval, used, limit, now
    ENDED    reason, epoch, now
    NO_POOL
  Publishes when a place in the queue or an offer changed.
]]
-- @include live-pool
-- @include read-session
-- @include standing
-- @include drop-lapsed
-- @include promote
-- @include next-change
-- @include reply

local sessionId, instance = ARGV[2], ARGV[3]

local pool = livePool()
if not pool then return { 'NO_POOL' } end

dropLapsed(pool)
local session = readSession(pool, instance)
if standing(pool, session, instance, sessionId) == 'queued' then
  refreshWaiter(pool, instance, session)
end
promote(pool)

session = readSession(pool, instance)
local stage, due = standing(pool, session, instance, sessionId)
if not stage then return reply({ 'ENDED', due, pool.epoch, now }) end
if session.closing then return reply({ 'ENDED', 'released', pool.epoch, now }) end
if stage == 'queued' then
  return reply({ 'QUEUED', placeOf(instance), liveWaiters(), due, tonumber(session.queueUntil),
    pool.meanTenureMs or false, nextChange(), seatsUsed(), pool.limit, now })
end
if stage == 'offered' then
  return reply({ 'OFFERED', due, nextChange(), seatsUsed(), pool.limit, now })
end
return reply({ 'ACTIVE', due, session.fence, pool.heartbeatMs, seatsUsed(), pool.limit, now })
