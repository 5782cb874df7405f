-- @include keys
-- @include now

-- A process that shares the instance's session, and until when it does without a beat.
local function holderField(holder)
  return 'holder:' .. holder
end

-- The last token of a holder: until when it lasts, and what it was made of besides.
local function tokenField(holder)
  return 'token:' .. holder
end

-- How many holders but `except` are alive, and until when the last hold on the seat lasts without it.
-- `adoptUntil` is the synthetic holder of a restored session. It stands for holders that Redis forgot,
-- so it holds the seat but takes no holder's place. A session that only ever had one holder needs none:
-- `alone` says so, until a second one attaches.
local function liveHolders(session, except)
  local count, heldUntil = 0, not session.alone and tonumber(session.adoptUntil) or 0
  for field, value in pairs(session) do
    local holder = string.match(field, '^holder:(.*)')
    if holder and holder ~= except and tonumber(value) > now then
      count = count + 1
      heldUntil = math.max(heldUntil, tonumber(value))
    end
  end
  return count, heldUntil
end

-- At most as many as one session may have, and those it had before. Their tokens are out: they count for
-- the session until they are over.
local function forgetDeadHolders(session, instance)
  local strayUntil = tonumber(session.strayUntil) or 0
  for field, value in pairs(session) do
    local holder = string.match(field, '^holder:(.*)')
    if holder and tonumber(value) <= now then
      local token = string.match(session[tokenField(holder)] or '', '^%d+')
      strayUntil = math.max(strayUntil, tonumber(token) or 0)
      redis.call('HDEL', sessionKey(instance), field, tokenField(holder))
    end
  end
  if strayUntil > now then redis.call('HSET', sessionKey(instance), 'strayUntil', strayUntil) end
end
