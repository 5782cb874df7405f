-- @include keys
-- @include end-session

-- Unacknowledged sessions travel in every reply, so there is a most.
local droppedMax = 1000

local function roomToDrop()
  return droppedMax - redis.call('HLEN', endedKey)
end

-- Ends a session that the ledger does not know to have ended, and records it until it does, with the
-- epoch it was decided under: the ledger believes no report of an epoch that is over.
-- The caller makes sure that there is room.
local function dropSession(pool, instance, session, reason, at)
  local hardUntil = endSession(pool, instance, session, reason, at) or '-'
  redis.call('HSET', endedKey, session.id,
    table.concat({ at, pool.epoch, reason, hardUntil, instance }, ' '))
end
