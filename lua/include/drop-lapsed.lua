-- @include keys
-- @include now
-- @include read-session
-- @include standing
-- @include drop-session

-- Work of one call, so that a mass lapse cannot stall the server. The rest stays counted until later.
local batchMax = 500

local function dropFrom(pool, key, most)
  local due = redis.call('ZRANGEBYSCORE', key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
  for i = 1, #due, 2 do
    local instance, at = due[i], tonumber(due[i + 1])
    local session = readSession(pool, instance)
    if session.isLive then
      dropSession(pool, instance, session, reasonToDrop(session, at), at)
    else
      redis.call('ZREM', key, instance)
    end
  end
  return #due / 2
end

-- Drops seats, offers and waiters that have run out, as many as can be recorded: a seat whose end
-- nobody could be told of stays counted.
local function dropLapsed(pool)
  local most = math.min(batchMax, roomToDrop())
  if most > 0 then most = most - dropFrom(pool, seatsKey, most) end
  if most > 0 then dropFrom(pool, waitersKey, most) end
end
