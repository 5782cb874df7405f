--[[
  Lists a page of the seats, offers and waiters that a pool counts.

  Guarantee: changes nothing. A page is of one instant; what moves between two pages may be met twice
  or not at all. Bounded: 500 of each kind.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per entry read)
  ARGV[1]  channel of announcements (not used)
  ARGV[2]  how many of each kind to pass over

  Replies:
    POOL  seats as session, instance, until, '1' if an offer, flat; waiters as session, instance, flat;
          where the next page begins, or nothing; devices with offline rights
    NO_POOL
]]
-- @include live-pool
-- @include read-session
-- @include rights

local pageSize = 500
local first = tonumber(ARGV[2])
local last = first + pageSize - 1

local pool = livePool()
if not pool then return { 'NO_POOL' } end

local seats, waiters = {}, {}
local function append(list, ...)
  for _, value in ipairs({ ... }) do list[#list + 1] = value end
end

local held = redis.call('ZRANGE', seatsKey, first, last, 'WITHSCORES')
for i = 1, #held, 2 do
  local session = readSession(pool, held[i])
  if session.isLive then
    append(seats, session.id, held[i], tonumber(held[i + 1]), session.stage == 'offered' and 1 or 0)
  end
end

local queued = redis.call('ZRANGE', queueKey, first, last)
for _, instance in ipairs(queued) do
  local session = readSession(pool, instance)
  if session.isLive then append(waiters, session.id, instance) end
end

local isFull = #held == 2 * pageSize or #queued == pageSize
return { 'POOL', seats, waiters, isFull and last + 1 or false, liveRights() }
