-- @include keys
-- @include now
-- @include announce
-- @include rights

local tombstoneMs = dayMs
-- A newer tenure weighs an eighth, so that the estimate follows the hour of the day.
local tenureWeight = 8

local function learnTenure(pool, tenureMs)
  local mean = pool.meanTenureMs
  pool.meanTenureMs = math.floor(mean and mean + (tenureMs - mean) / tenureWeight or tenureMs)
  redis.call('HSET', metaKey, 'meanTenureMs', pool.meanTenureMs)
end

-- Takes the seat, offer or place of a live session away and leaves a tombstone with the reason. `fate`
-- says what becomes of its rights if not what the reason implies: 'keep' or 'discard'. Answers until when
-- they stay, or false.
local function endSession(pool, instance, session, reason, at, fate)
  if fate == 'discard' then session.keeps = nil end
  local hardUntil = endRights(pool, session, fate ~= 'keep' and reason == 'released')
  redis.call('ZREM', seatsKey, instance)
  redis.call('ZREM', queueKey, instance)
  redis.call('ZREM', waitersKey, instance)
  if session.stage == 'active' then
    if session.since then learnTenure(pool, math.max(0, at - session.since)) end
  else
    noteChange()
  end
  local key = sessionKey(instance)
  redis.call('DEL', key)
  redis.call('HSET', key, 'endedId', session.id, 'endedReason', reason)
  redis.call('PEXPIRE', key, tombstoneMs)
  return hardUntil
end
