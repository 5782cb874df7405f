--[[
  Tells where a session stands, and keeps a waiter's place by showing that it lives.

  Guarantee: a waiter's position never grows. The reply names when the next change of the pool is due,
  so that whoever waits can come back just then.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1 session  2 instance
  Reply {NO_POOL}  {ENDED, reason, now, dropped}
        {QUEUED, position, length, live until, queue until, mean tenure, next change, used, limit, now, dropped}
        {OFFERED, offer until, next change, used, limit, now, dropped}
        {ACTIVE, lease until, fence epoch, fence counter, used, limit, heartbeat, now, dropped}
  Publishes lh:changes when a seat is offered.
]]
local id, instance = ARGV[1], ARGV[2]

--- @include now
--- @include live-pool
--- @include session-of
--- @include drop-lapsed
--- @include promote
--- @include next-change

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
local at = now()
drop_lapsed(pool, at)
promote(pool, at)
local session = session_of(instance)
if not session or session.id ~= id then
  return { 'ENDED', end_reason_of(instance, id, pool), at, dropped() }
end

local used = redis.call('ZCARD', KEYS[2])
if session.status == 'queued' then
  local live_until = math.min(at + pool.livenessMs, session.queueUntil)
  redis.call('ZADD', KEYS[4], live_until, instance)
  return { 'QUEUED', redis.call('ZRANK', KEYS[3], instance) + 1, redis.call('ZCARD', KEYS[3]),
    live_until, session.queueUntil, pool.tenureMs, next_change(), used, pool.limit, at, dropped() }
end
if session.status == 'offered' then
  return { 'OFFERED', session['until'], next_change(), used, pool.limit, at, dropped() }
end
return { 'ACTIVE', session['until'], session.fenceEpoch, session.fenceCounter, used, pool.limit,
  pool.heartbeatMs, at, dropped() }
