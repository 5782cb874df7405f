--[[
  Gives a session back, in two steps: a holder leaves; when it was the last and the ledger has ended
  the session, its seat is freed.

  Guarantee: frees the named session and no other of that instance. Nothing is free before the ledger
  knows. Repeating either step is harmless.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1 session  2 instance  3 holder  4 'leave' or 'free'  5 reason
  Reply {NO_POOL}  {RELEASED, dropped}  {LAST, dropped}  {HELD, holders, dropped}  {ENDED, reason, dropped}
  Publishes lh:changes when the seat is offered to a waiter.
]]
local id, instance, holder, mode, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

--- @include now
--- @include live-pool
--- @include session-of
--- @include drop-lapsed
--- @include promote

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
local at = now()
drop_lapsed(pool, at)
local session = session_of(instance)

if mode == 'free' then
  if session and session.id == id then
    local had_place = session.status == 'queued'
    forget_session(instance, session, reason, pool, at)
    if had_place then announce_changes() end
  end
  promote(pool, at)
  return { 'RELEASED', dropped() }
end

promote(pool, at)
if not session or session.id ~= id then
  return { 'ENDED', end_reason_of(instance, id, pool), dropped() }
end
if session.status ~= 'active' then return { 'LAST', dropped() } end

local key = session_key(instance)
redis.call('HDEL', key, 'h:' .. holder)
-- Holders that a restore could not know may still be there until they had the time to beat.
local holders = session.syntheticUntil > at and 1 or 0
local lease_until = session.syntheticUntil
local fields = redis.call('HGETALL', key)
-- At most holdersMax live ones, and those that lapsed since the last attach.
for index = 1, #fields, 2 do
  if string.sub(fields[index], 1, 2) == 'h:' and tonumber(fields[index + 1]) > at then
    holders = holders + 1
    lease_until = math.max(lease_until, tonumber(fields[index + 1]))
  end
end
if holders > 0 then
  redis.call('ZADD', KEYS[2], lease_until, instance)
  return { 'HELD', holders, dropped() }
end
redis.call('HSET', key, 'status', 'closing')
return { 'LAST', dropped() }
