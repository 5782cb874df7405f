-- @include keys
-- @include day

-- How long an untouched pool stays: only garbage is collected, never a lease.
local function keepMs(pool)
  return 7 * dayMs + pool.leaseMs + pool.queueWaitMs
end

-- Meta goes a day before the rest: a pool without meta is restored, one without seats would over-grant.
local function keepPool(pool)
  local ms = keepMs(pool)
  redis.call('PEXPIRE', metaKey, ms)
  for _, key in ipairs({ seatsKey, queueKey, waitersKey, endedKey, hardKey }) do
    redis.call('PEXPIRE', key, ms + dayMs)
  end
end

local function keepSession(pool, instance)
  redis.call('PEXPIRE', sessionKey(instance), keepMs(pool) + dayMs)
end
