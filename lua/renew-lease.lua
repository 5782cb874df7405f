--[[
  The heartbeat: keeps the caller's hold on its seat, or its place in the queue.

  Guarantee: a lease that is over is renewed only if nobody waits and a seat is free, so that a beat
  never takes what belongs to another. It drops nobody. Offline rights cover each token that its replies
  let the caller sign, before it is signed. O(log n), eight calls; four to six more when a token is to be
  signed, which for a session with offline rights is once in a twentieth of its grace, or when its holder asks.

  An online-only session is offered rights when there is room: they are reserved, and become its own with
  the first beat after the ledger has them on record, so that a restore knows of each token that is out.
  They are recorded only while the config is the one that they were offered under; else they are refused, and
  the beat that says so decides anew as if nothing had been reserved.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           the caller's, and its device's)
  ARGV[1]  channel of announcements (not used)
  ARGV[2]  session
  ARGV[3]  instance
  ARGV[4]  holder
  ARGV[5]  key that signs tokens, or ''
  ARGV[6]  what became of the rights that the reply before offered: 'recorded', 'refused' (the ledger has not
           got them and never will), or ''
  ARGV[7]  '1' if the holder has no token: one is to be signed though the last one is still good

  Replies:
    RENEWED  lease until, '1' if the session's workflow should hear of it, used, limit, fence,
             heartbeat interval, rights until or nothing (online-only), '1' if a token is to be signed,
             terms for it or nothing, how long the rights last after a beat that are offered or nothing,
             the config's version under which they are, epoch, now
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
-- @include token

local sessionId, instance, holder, signer = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local fate = ARGV[6]
local wantsToken = ARGV[7] == '1' and signer ~= ''

local pool = livePool()
if not pool then return { 'NO_POOL' } end

local session = readSession(pool, instance)
local isOwn = session.isLive and session.id == sessionId and not session.closing
local holdsUntil = isOwn and tonumber(session[holderField(holder)])

local function liveSeats()
  return redis.call('ZCOUNT', seatsKey, '(' .. now, '+inf')
end

-- What is reserved and still counts was decided under the config's version then.
local function reservedUnder()
  return (tonumber(session.hardUntil) or 0) > now and session.unrecorded
end

local function giveUpReserved()
  endRights(pool, session, false)
  redis.call('HDEL', sessionKey(instance), 'hardUntil', 'unrecorded')
  session.hardUntil, session.unrecorded = nil, nil
end

-- Reserves rights for an online-only session, or makes reserved ones its own. Answers whether it has them
-- now, and under which version they are offered, or false.
local function gainRights(hardUntil)
  if session.unrecorded and fate == 'refused' then giveUpReserved() end
  local version = reservedUnder()
  if not version and not mayHaveRights(pool, session.device) then return false, false end
  if session.unrecorded and fate == 'recorded' then
    redis.call('HDEL', sessionKey(instance), 'unrecorded')
    return true, false
  end
  version = version or pool.version
  extendRights(pool, session.device, sessionId, hardUntil)
  redis.call('HSET', sessionKey(instance), 'hardUntil', hardUntil, 'unrecorded', version)
  return false, version
end

-- Until when the holder's token lasts, or false; whether to sign one; and under which version rights are
-- offered, or false.
local function renewRights(leaseUntil)
  local hardUntil = leaseUntil + pool.graceMs
  if hasRights(session) then
    local tokenUntil = not wantsToken and tokenStillGood(pool, session, holder, signer, hardUntil)
    if tokenUntil then return tokenUntil, false, false end
  else
    local isGained, offeredUnder = gainRights(hardUntil)
    if not isGained then return false, true, offeredUnder end
  end
  coverToken(pool, instance, session, holder, signer, hardUntil)
  return hardUntil, true, false
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
  local hardUntil, mustSign, offeredUnder = renewRights(leaseUntil)
  local terms = mustSign and signer ~= '' and redis.call('HGET', metaKey, 'terms')
  return { 'RENEWED', leaseUntil, forward and 1 or 0, liveSeats(), pool.limit, session.fence,
    pool.heartbeatMs, hardUntil, mustSign and 1 or 0, terms,
    offeredUnder and pool.leaseMs + pool.graceMs, offeredUnder and tonumber(offeredUnder), pool.epoch, now }
end

-- Whether its rights run still, or may begin anew. It would have to be called online-only otherwise, which
-- the ledger does not know.
local function mayGoOnOffline()
  return not hasRights(session) or tonumber(session.hardUntil) > now
    or mayHaveRights(pool, session.device)
end

-- Its lease is over, but nobody dropped it: it may go on if nobody is worse off.
local function mayRevive()
  return holdsUntil and session.stage == 'active' and dueOf(session, instance) > 0
    and liveWaiters() == 0 and liveSeats() < pool.capacity and mayGoOnOffline()
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
