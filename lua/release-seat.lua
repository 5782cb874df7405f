--[[
  Gives a seat, an offer or a place in the queue back, in one of three ways.

  leave: takes one holder off. If it was the last, the session is marked as closing and keeps its seat:
  the ledger ends first. free: the session's seat, offer or place is free at once; only ever called for
  a session that the ledger has ended. drop: frees it as well, and reports it until the ledger has learnt
  of it: only ever called for a session that the ledger does not know. Without room to report it stays.

  Offline rights end with a clean stop (reason released) unless the session keeps them; after any other end
  the tokens are out, and so they stay.

  Guarantee: touches no other session of the instance; repeating it answers the same; what is free goes
  to those who wait in the same call. Bounded: drops and offers at most 500 sessions each.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per instance met, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  session
  ARGV[3]  instance
  ARGV[4]  holder, or '' for all of them
  ARGV[5]  'leave' | 'free' | 'drop'
  ARGV[6]  reason to leave behind
  ARGV[7]  leave: only as long as the hold or the place is due right then, as its caller was told; ''
           for whenever. Moved since, it is somebody else's: a caller that came twice was told of it.
  ARGV[8]  free: 'keep' or 'discard' the rights, or '' for what the reason implies

  Replies, each but the last with the unacknowledged dropped sessions at its end:
    RELEASED
    LAST   rights until: what stays once the session is freed, or nothing
    HELD   live holders that remain, lease until
    ENDED  reason
    NO_POOL
  Publishes when a place in the queue or an offer changed, or a seat will be free sooner.
]]
-- @include live-pool
-- @include read-session
-- @include standing
-- @include drop-lapsed
-- @include promote
-- @include holders
-- @include token
-- @include reply

local sessionId, instance, holder, mode, reason = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local givenUntil, fate = tonumber(ARGV[7]), ARGV[8]

local pool = livePool()
if not pool then return { 'NO_POOL' } end

-- First of all, so that a session that the ledger has ended is not reported to it once more.
local function free()
  local session = readSession(pool, instance)
  if session.isLive then
    if session.id == sessionId then endSession(pool, instance, session, reason, now, fate) end
  elseif not session.endedId and (session.id or sessionId) == sessionId then
    -- Nothing is known of it, and its client is to hear why it ended when it asks.
    redis.call('DEL', sessionKey(instance))
    redis.call('HSET', sessionKey(instance), 'endedId', sessionId, 'endedReason', reason)
    redis.call('PEXPIRE', sessionKey(instance), tombstoneMs)
  end
end

local function hasMoved(session, due)
  if not givenUntil then return false end
  return (tonumber(session[holderField(holder)]) or due) ~= givenUntil
end

local function last(session)
  return { 'LAST', staysUntil(session, true) }
end

-- Whoever leaves takes its token along.
local function forgetToken(session)
  redis.call('HDEL', sessionKey(instance), tokenField(holder))
  session[tokenField(holder)] = nil
end

local function leaveSeat(session)
  forgetToken(session)
  local count, heldUntil = liveHolders(session, holder)
  if holder == '' or heldUntil <= now then
    redis.call('HSET', sessionKey(instance), 'closing', 1)
    return last(session)
  end
  redis.call('HDEL', sessionKey(instance), holderField(holder))
  redis.call('ZADD', seatsKey, 'XX', heldUntil, instance)
  noteChange()
  return { 'HELD', math.max(count, 1), heldUntil }
end

-- A waiter holds no seat that the ledger counts: it is due at once, and the next call drops it.
local function leaveQueue(session)
  redis.call('HSET', sessionKey(instance), 'closing', 1)
  redis.call('ZADD', session.stage == 'queued' and waitersKey or seatsKey, 'XX', now, instance)
  noteChange()
  return last(session)
end

local function drop()
  local session = readSession(pool, instance)
  if session.isLive and session.id == sessionId and roomToDrop() > 0 then
    dropSession(pool, instance, session, reason, now)
  end
end

if mode == 'free' then free() end
if mode == 'drop' then drop() end
dropLapsed(pool)
promote(pool)
if mode ~= 'leave' then return reply({ 'RELEASED' }) end

local session = readSession(pool, instance)
local stage, why = standing(pool, session, instance, sessionId)
if not stage then return reply({ 'ENDED', why }) end
if session.closing then return reply(last(session)) end
if hasMoved(session, why) then return reply({ 'HELD', 1, why }) end
if stage == 'active' then return reply(leaveSeat(session)) end
return reply(leaveQueue(session))
