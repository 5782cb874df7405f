--- Puts off the garbage collection of the pool's keys and one session's by a week. Expiry is data; this
--- only clears away what nobody has used for long, and such a pool is restored from the ledger.
local function keep_pool(key)
  for index = 1, 5 do redis.call('PEXPIRE', KEYS[index], 604800000) end
  if key then redis.call('PEXPIRE', key, 604800000) end
end
