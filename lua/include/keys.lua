-- The pool's keys, named by lua/keys.ts. All share one hash tag, so one node holds a whole pool.
local metaKey, seatsKey, queueKey, waitersKey, endedKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

-- Derived from KEYS[6], the prefix of all sessions' keys, inside the same hash tag.
local function sessionKey(instance)
  return KEYS[6] .. instance
end
