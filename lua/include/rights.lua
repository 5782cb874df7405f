-- @include keys
-- @include now
-- @include day

-- Devices whose rights are over that one grant forgets.
local overMax = 100

local function liveRights()
  return redis.call('ZCOUNT', hardKey, '(' .. now, '+inf')
end

-- The latest end of a device's tokens that are known to be out. Of one whose session had ended before a
-- restore only a bound is known: until then it counts, but may be over.
local function knownUntil(pool, device)
  local latest, fields = 0, redis.call('HGETALL', deviceKey(pool, device))
  for i = 1, #fields, 2 do
    if fields[i] ~= 'restored' then latest = math.max(latest, tonumber(fields[i + 1])) end
  end
  return latest
end

-- Whether a session of this device may have a token that outlasts its lease. A device that has rights counts
-- already, and once, however many sessions it has.
local function mayHaveRights(pool, device)
  local most = pool.limit + pool.allowance
  local heldUntil = redis.call('ZSCORE', hardKey, device)
  if not heldUntil or tonumber(heldUntil) <= now then return liveRights() < most end
  return liveRights() <= most or knownUntil(pool, device) > now
end

-- Rights only ever grow here, so that they cover every token that is out. `name` is the session's id, or
-- what is left of sessions that are over.
local function extendRights(pool, device, name, hardUntil)
  local key = deviceKey(pool, device)
  redis.call('ZADD', hardKey, 'GT', hardUntil, device)
  redis.call('HSET', key, name, hardUntil)
  local keepMs = hardUntil - now + dayMs
  if redis.call('PTTL', key) < keepMs then redis.call('PEXPIRE', key, keepMs) end
end

-- The rights of sessions that are over, under one name however many they were.
local function keepRights(pool, device, name, hardUntil)
  local present = tonumber(redis.call('HGET', deviceKey(pool, device), name) or 0)
  extendRights(pool, device, name, math.max(present, hardUntil))
end

-- Answers until when a session that begins has rights, or false if it has none: it is online-only.
local function beginRights(pool, device, sessionId, leaseUntil)
  local over = math.min(overMax, redis.call('ZCOUNT', hardKey, '-inf', now))
  if over > 0 then redis.call('ZREMRANGEBYRANK', hardKey, 0, over - 1) end
  if not mayHaveRights(pool, device) then return false end
  local hardUntil = leaseUntil + pool.graceMs
  extendRights(pool, device, sessionId, hardUntil)
  return hardUntil
end

-- Whether a session's tokens outlast its lease. Rights that the ledger has not heard of are only reserved.
local function hasRights(session)
  return session.hardUntil ~= nil and not session.unrecorded
end

-- Until when rights stay that nobody has given back: of a session that keeps none, those of holders that
-- fell silent, whose tokens are out, are left.
local function untilGivenBack(session)
  local latest = tonumber(session.strayUntil) or 0
  for field, value in pairs(session) do
    if string.sub(field, 1, 6) == 'token:' then
      latest = math.max(latest, tonumber(string.match(value, '^%d+')))
    end
  end
  return latest > now and latest
end

-- Until when a session's rights stay after its end, or false. After a clean stop (`isClean`) its policy says
-- whether they do; otherwise its tokens are out.
local function staysUntil(session, isClean)
  if not hasRights(session) then return false end
  if isClean and not session.keeps then return untilGivenBack(session) end
  return tonumber(session.hardUntil)
end

-- Ends what a session holds and answers until when rights stay, or false. What stays of a device's other
-- sessions is not touched.
local function endRights(pool, session, isClean)
  if not session.hardUntil then return false end
  local key = deviceKey(pool, session.device)
  local hardUntil = staysUntil(session, isClean)
  if hardUntil then keepRights(pool, session.device, 'kept', hardUntil) end
  redis.call('HDEL', key, session.id)
  local latest = 0
  for _, value in ipairs(redis.call('HVALS', key)) do latest = math.max(latest, tonumber(value)) end
  if latest > now then
    redis.call('ZADD', hardKey, latest, session.device)
  else
    redis.call('ZREM', hardKey, session.device)
  end
  return hardUntil
end
