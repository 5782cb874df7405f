--[[
  Keeps a session: its lease begins anew, or a waiter shows that it lives. The hot path: it touches
  this session only and drops nobody.

  Guarantee: never makes a seat. A lease that is over is renewed only while nobody waits and the pool
  is not over its capacity, so that a late beat cannot take what another may have.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1 session  2 instance  3 holder
  Reply {NO_POOL}  {ENDED, reason, now}
        {RENEWED, lease until, forward, used, limit, fence epoch, fence counter, heartbeat, now}
        {QUEUED, live until, now}  {OFFERED, offer until, now}
]]
local id, instance, holder = ARGV[1], ARGV[2], ARGV[3]

--- @include now
--- @include live-pool
--- @include session-of
--- @include keep-pool

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
local at = now()
local session = session_of(instance)
if not session or session.id ~= id then return { 'ENDED', end_reason_of(instance, id, pool), at } end
if session.status == 'closing' then return { 'ENDED', 'released', at } end

if session.status == 'queued' then
  if session['until'] <= at then
    return { 'ENDED', session.queueUntil <= at and 'queue_timeout' or 'lapsed', at }
  end
  local live_until = math.min(at + pool.livenessMs, session.queueUntil)
  redis.call('ZADD', KEYS[4], live_until, instance)
  return { 'QUEUED', live_until, at }
end

if session.status == 'offered' then
  if session['until'] <= at then return { 'ENDED', 'offer_expired', at } end
  return { 'OFFERED', session['until'], at }
end

local key = session_key(instance)
local used = redis.call('ZCARD', KEYS[2])
if session['until'] <= at and (redis.call('ZCARD', KEYS[3]) > 0 or used > pool.capacity) then
  return { 'ENDED', 'lapsed', at }
end
-- After a restore nobody knows the holders: the first lease adopts them, and no later one.
if redis.call('HEXISTS', key, 'h:' .. holder) == 0 and session.syntheticUntil <= at then
  return { 'ENDED', 'lapsed', at }
end

local lease_until = at + pool.leaseMs
local forward = 0
redis.call('HSET', key, 'h:' .. holder, lease_until)
redis.call('ZADD', KEYS[2], lease_until, instance)
if session.forwardAt <= at then
  forward = 1
  redis.call('HSET', key, 'forwardAt', at + pool.signalEveryMs)
  keep_pool(key)
end
return { 'RENEWED', lease_until, forward, used, pool.limit, session.fenceEpoch, session.fenceCounter,
  pool.heartbeatMs, at }
