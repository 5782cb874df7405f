-- @include keys

-- Seats and offers, with those that lapsed and could not be dropped yet: they still count.
local function seatsUsed()
  return redis.call('ZCARD', seatsKey)
end
