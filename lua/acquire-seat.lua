--[[
  Gives an instance a seat, a further holder of the seat it has, or a place in the queue.

  Guarantee: seats and offers never exceed limit + overdraft by a grant; an instance holds at most one
  seat; those who wait come first, in the order of their tickets; fences only rise. Repeating the call
  changes nothing but extends what was given. At most limit + offline allowance devices have offline rights,
  but for those that had them before the limit was lowered: a session that gets none is online-only until
  a beat finds room. Bounded: drops and offers at most 500 sessions each.

  A takeover ends another session of the caller's device and grants its seat in the same step. It is
  tried only when the caller has no seat and can have none otherwise, and leaves everything as it is
  when it is refused. Whose that session is, the caller of the script has looked up in the ledger.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per instance met, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  what the license says now, packed
  ARGV[3]  id of the session, if a new one begins
  ARGV[4]  instance
  ARGV[5]  holder
  ARGV[6]  '1': wait in the queue if no seat is free
  ARGV[7]  session to take over, or ''
  ARGV[8]  its instance, or '' when the session is not the caller's
  ARGV[9]  terms: what the license's tokens say of it
  ARGV[10] the caller's device
  ARGV[11] '1': offline rights stay after a clean stop
  ARGV[12] key that signs tokens, or ''

  Replies, each but the last with the unacknowledged dropped sessions at its end:
    GRANTED   session, fence, lease until, rights until or nothing (online-only), free | offer | takeover: whose
              seat it was, epoch, beat every, used, limit, now
    ATTACHED  session, fence, lease until, rights until or nothing, '1' if the holder is new, '1' if
              several hold it, version of the configuration that it was granted by or nothing, epoch, beat every, used, limit, now
    QUEUED    session, ticket, place, length, alive until, queued until, mean tenure, '1' if new,
              epoch, used, limit, now
    NO_SEATS  why, length of the queue, used, limit, now
    TAKEOVER_REFUSED  ended | is_waiting | others_wait | over_limit, length of the queue, used,
              limit, now
    BLOCKED   suspended | revoked | expired, now
    NO_POOL
  Error: SESSION_ID_USED when a new session would begin under the id of one that has ended.
  Publishes when a place in the queue or an offer changed.
]]
-- @include live-pool
-- @include apply-config
-- @include drop-lapsed
-- @include promote
-- @include attach
-- @include grant
-- @include enqueue
-- @include withdraw-offer
-- @include take-over
-- @include reply

local config, sessionId, instance, holder = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local isWilling = ARGV[6] == '1'
local takenId, takenInstance, terms = ARGV[7], ARGV[8], ARGV[9]
local caller = { device = ARGV[10], keepsRights = ARGV[11] == '1', signer = ARGV[12] }

local pool = livePool()
if not pool then return { 'NO_POOL' } end

local function refuse(why)
  return reply({ 'NO_SEATS', why, liveWaiters(), seatsUsed(), pool.limit, now })
end

local function grantTo(session, id, source)
  local fence, leaseUntil, hardUntil = grant(pool, instance, session, id, holder, caller)
  return reply({ 'GRANTED', id, fence, leaseUntil, hardUntil, source, pool.epoch, pool.heartbeatMs,
    seatsUsed(), pool.limit, now })
end

-- `place` is the caller's own in the queue, which it leaves with the seat; nil if it does not wait.
local function takeOver(session, id, place)
  local taken = readSession(pool, takenInstance)
  local why = reasonNotToTakeOver(pool, taken, takenId, place)
  if why then
    return reply({ 'TAKEOVER_REFUSED', why, liveWaiters(), seatsUsed(), pool.limit, now })
  end
  -- Its end could not be recorded now.
  if roomToDrop() <= 0 then return refuse('no_seats_available') end
  endTakenOver(pool, takenInstance, taken)
  if place then leaveQueue(instance) end
  return grantTo(session, id, 'takeover')
end

local function queuedAs(session, isNew)
  return reply({ 'QUEUED', session.id, session.ticket, placeOf(instance), liveWaiters(),
    dueOf(session, instance), tonumber(session.queueUntil), pool.meanTenureMs or false, isNew,
    pool.epoch, seatsUsed(), pool.limit, now })
end

applyConfig(pool, config, terms)
dropLapsed(pool)
if pool.status ~= 'open' then return reply({ 'BLOCKED', pool.status, now }) end
if poolIsExpired(pool) then return reply({ 'BLOCKED', 'expired', now }) end

local session = readSession(pool, instance)
local due = session.isLive and dueOf(session, instance)
if due == 0 then due = false end

-- Its last holder left and the ledger is about to end it, or failed to: this caller comes anew.
if due and session.closing and roomToDrop() > 0 then
  dropSession(pool, instance, session, 'released', now)
  session = readSession(pool, instance)
  due = false
end
-- It shows up, so it lives, also for the offers that are made now.
if due and due > now and session.stage == 'queued' then refreshWaiter(pool, instance, session) end

promote(pool)

if due then
  session = readSession(pool, instance)
  due = dueOf(session, instance)
  -- It ended, and must be recorded before this instance may begin another.
  if due <= now or session.closing then return refuse('no_seats_available') end
  if session.stage == 'offered' then
    if seatsUsed() <= pool.capacity then return grantTo(session, session.id, 'offer') end
    withdrawOffer(pool, instance, session)
  end
  if session.stage == 'queued' then
    if takenId ~= '' then return takeOver(session, session.id, placeOf(instance)) end
    return queuedAs(session, 0)
  end
  local leaseUntil, hardUntil, isNew, isShared =
    attach(pool, instance, session, due, holder, caller.signer)
  if not leaseUntil then return refuse('holders_exhausted') end
  return reply({ 'ATTACHED', session.id, session.fence, leaseUntil, hardUntil,
    isNew and 1 or 0, isShared and 1 or 0, tonumber(session.grantVersion) or false, pool.epoch,
    pool.heartbeatMs, seatsUsed(), pool.limit, now })
end

-- The call that began this session was carried out twice, and the session has ended in between.
if session.endedId == sessionId or session.id == sessionId then
  return redis.error_reply('SESSION_ID_USED a session of this id has ended')
end

local waiting = liveWaiters()
if waiting == 0 and seatsUsed() < pool.capacity then return grantTo(session, sessionId, 'free') end
if takenId ~= '' then return takeOver(session, sessionId, nil) end
if not isWilling then return refuse('no_seats_available') end
if pool.queueMax == 0 then return refuse('no_seats_available') end
if waiting >= pool.queueMax then return refuse('queue_full') end
enqueue(pool, instance, session, sessionId)
return queuedAs(readSession(pool, instance), 1)
