-- @include keys
-- @include announce

-- Clearings whose reason is remembered for those who ask late.
local clearingsMax = 16

-- Ends every session of the pool at once, whatever their number: their generation is over. The ledger
-- ended them first, so they are not reported.
local function clearPool(pool, reason)
  redis.call('UNLINK', seatsKey, queueKey, waitersKey)
  redis.call('HDEL', metaKey, 'cleared:' .. (pool.clearings - clearingsMax))
  redis.call('HSET', metaKey, 'cleared:' .. pool.clearings, reason)
  pool.clearings = redis.call('HINCRBY', metaKey, 'clearings', 1)
  pool.generation = pool.epoch .. ':' .. pool.clearings
  noteChange()
end
