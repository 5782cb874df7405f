--- @include session-of
--- @include announce-changes
--- Whether the pool hands out seats at this moment.
local function is_granting(pool, at)
  return pool.status == 'open' and (not pool.validUntil or pool.validUntil > at)
end

--- Holds each free seat back for the first waiter, as an offer that takes the seat until it expires.
--- Announces once that places have changed. The queue keeps the order of tickets, so nobody is passed.
local function promote(pool, at)
  if not is_granting(pool, at) then return end
  local free = math.min(500, pool.capacity - redis.call('ZCARD', KEYS[2]))
  if free <= 0 then return end
  local first = redis.call('ZRANGE', KEYS[3], 0, free - 1)
  local offers = 0
  for _, instance in ipairs(first) do
    local live_until = tonumber(redis.call('ZSCORE', KEYS[4], instance) or 0)
    -- A waiter that is over but could not be reported yet keeps its place until it can be.
    if live_until > at then
      redis.call('ZREM', KEYS[3], instance)
      redis.call('ZREM', KEYS[4], instance)
      redis.call('ZADD', KEYS[2], at + pool.offerMs, instance)
      redis.call('HSET', session_key(instance), 'status', 'offered')
      offers = offers + 1
    end
  end
  if offers > 0 then announce_changes() end
end
