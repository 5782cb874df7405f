-- The pool's keys, named by lua/keys.ts. All share one hash tag, so one node holds a whole pool.
local metaKey, seatsKey, queueKey, waitersKey, endedKey, hardKey =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

-- Derived from KEYS[7], the prefix of all sessions' keys, inside the same hash tag.
local function sessionKey(instance)
  return KEYS[7] .. instance
end

-- Derived from KEYS[8], the prefix of all devices' keys, inside the same hash tag. A pool that is built anew
-- begins with new ones, so that it takes nothing over from the one before.
local function deviceKey(pool, device)
  return KEYS[8] .. pool.epoch .. ':' .. device
end
