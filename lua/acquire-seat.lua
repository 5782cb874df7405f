--[[
  Gives an instance the session it asks for: the one it has, a free seat, the seat that is held back
  for it, or a place in the queue.

  Guarantee: seats and offers together never exceed limit + overdraft. The same instance never holds
  two. A newcomer never passes a waiter. Repeating the call changes nothing but the lease.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended; the instance's `:s:` key is derived from 1
  ARGV  1 session id for a new tenure  2 instance  3 holder  4 '1' to wait  5… the pool's settings
  Reply {NO_POOL}
        {BLOCKED, status, now, dropped}
        {NO_SEATS, reason, used, limit, queue length, now, dropped}
        {GRANTED, session, fence epoch, fence counter, lease until, used, limit, from offer, epoch, heartbeat, now, dropped}
        {ATTACHED, session, fence epoch, fence counter, lease until, used, limit, new holder, epoch, heartbeat, now, dropped}
        {QUEUED, session, ticket epoch, ticket, position, length, live until, queue until, mean tenure, new waiter, used, limit, epoch, now, dropped}
  Publishes lh:changes when a seat is offered.
]]
local proposed, instance, holder, may_wait = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1'

--- @include now
--- @include live-pool
--- @include apply-config
--- @include session-of
--- @include drop-lapsed
--- @include promote
--- @include keep-pool

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
local at = now()
pool = apply_config(pool, 5)
drop_lapsed(pool, at)
promote(pool, at)
if not is_granting(pool, at) then
  local status = pool.status == 'open' and 'expired' or pool.status
  return { 'BLOCKED', status, at, dropped() }
end

local key = session_key(instance)
local session = session_of(instance)

-- Its last holder has left and the release is half done: that tenure is over.
if session and session.status == 'closing' then
  drop_session(instance, session, 'released', pool, at)
  promote(pool, at)
  session = nil
end

local function used() return redis.call('ZCARD', KEYS[2]) end

local function refuse(reason)
  return { 'NO_SEATS', reason, used(), pool.limit, redis.call('ZCARD', KEYS[3]), at, dropped() }
end

local function grant(id, from_offer)
  local counter = redis.call('HINCRBY', KEYS[1], 'fence', 1)
  local lease_until = at + pool.leaseMs
  redis.call('DEL', key)
  redis.call('HSET', key, 'session', id, 'status', 'active', 'fenceEpoch', pool.epoch,
    'fenceCounter', counter, 'grantedAt', at, 'forwardAt', at + pool.signalEveryMs,
    'h:' .. holder, lease_until)
  redis.call('ZADD', KEYS[2], lease_until, instance)
  keep_pool(key)
  return { 'GRANTED', id, pool.epoch, counter, lease_until, used(), pool.limit, from_offer,
    pool.epoch, pool.heartbeatMs, at, dropped() }
end

--- Purges holders that lapsed and counts the others.
local function live_holders()
  local fields = redis.call('HGETALL', key)
  local count = 0
  for index = 1, #fields, 2 do
    if string.sub(fields[index], 1, 2) == 'h:' then
      if tonumber(fields[index + 1]) > at then
        count = count + 1
      else
        redis.call('HDEL', key, fields[index])
      end
    end
  end
  return count
end

local function attach()
  local holders = live_holders()
  local is_new = redis.call('HEXISTS', key, 'h:' .. holder) == 0
  if is_new and holders >= pool.holdersMax then return refuse('holders_exhausted') end
  local lease_until = at + pool.leaseMs
  redis.call('HSET', key, 'h:' .. holder, lease_until)
  redis.call('ZADD', KEYS[2], lease_until, instance)
  return { 'ATTACHED', session.id, session.fenceEpoch, session.fenceCounter, lease_until, used(),
    pool.limit, is_new and 1 or 0, pool.epoch, pool.heartbeatMs, at, dropped() }
end

local function queued(waiter, is_new)
  local live_until = math.min(at + pool.livenessMs, waiter.queueUntil)
  redis.call('ZADD', KEYS[4], live_until, instance)
  return { 'QUEUED', waiter.id, waiter.ticketEpoch, waiter.ticketN,
    redis.call('ZRANK', KEYS[3], instance) + 1, redis.call('ZCARD', KEYS[3]), live_until,
    waiter.queueUntil, pool.tenureMs, is_new, used(), pool.limit, pool.epoch, at, dropped() }
end

local function enqueue()
  if redis.call('ZCARD', KEYS[3]) >= pool.queueMax then
    return refuse(pool.queueMax > 0 and 'queue_full' or 'no_seats_available')
  end
  local n = redis.call('HINCRBY', KEYS[1], 'tickets', 1)
  local waiter = { id = proposed, ticketEpoch = pool.epoch, ticketN = n, queueUntil = at + pool.queueWaitMs }
  redis.call('DEL', key)
  redis.call('HSET', key, 'session', proposed, 'status', 'queued', 'ticketEpoch', pool.epoch,
    'ticketN', n, 'queueUntil', waiter.queueUntil)
  -- Two million tickets fit below the next epoch, and the sum stays exact in a double.
  redis.call('ZADD', KEYS[3], pool.epoch * 2097152 + n, instance)
  keep_pool(key)
  return queued(waiter, 1)
end

if session and session.status == 'active' then return attach() end
if session and session.status == 'offered' then return grant(session.id, 1) end
if session and session.status == 'queued' then return queued(session, 0) end
if used() < pool.capacity and redis.call('ZCARD', KEYS[3]) == 0 then return grant(proposed, 0) end
if not may_wait then return refuse('no_seats_available') end
return enqueue()
