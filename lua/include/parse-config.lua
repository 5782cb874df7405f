-- What lua/pool-config.ts packed: one text, so that an unchanged license costs one comparison.
local configPattern = '^(%d+) (%d+) (%d+) (%a+) (%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$'

-- Answers nil for a text that another release packed: that one's pool is not this one's.
local function parseConfig(pool, text)
  local version, limit, overdraft, status, validUntil, leaseMs, heartbeatMs, signalEveryMs,
    holdersMax, queueMax, queueWaitMs, offerMs, livenessMs, graceMs, allowance = string.match(text, configPattern)
  if not version then return nil end
  pool.config = text
  pool.version = tonumber(version)
  pool.limit = tonumber(limit)
  pool.capacity = tonumber(limit) + tonumber(overdraft)
  pool.status = status
  pool.validUntil = tonumber(validUntil) -- nil for '-': for ever
  pool.leaseMs = tonumber(leaseMs)
  pool.heartbeatMs = tonumber(heartbeatMs)
  pool.signalEveryMs = tonumber(signalEveryMs)
  pool.holdersMax = tonumber(holdersMax)
  pool.queueMax = tonumber(queueMax)
  pool.queueWaitMs = tonumber(queueWaitMs)
  pool.offerMs = tonumber(offerMs)
  pool.livenessMs = tonumber(livenessMs)
  pool.graceMs = tonumber(graceMs)
  pool.allowance = tonumber(allowance)
  return pool
end
