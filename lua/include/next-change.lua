-- @include keys
-- @include now

-- What is overdue could not be dropped yet and is worth another look soon.
local overdueMs = 1000

-- When the next lease, offer or waiter of the pool runs out, or false.
local function nextChange()
  local soonest = false
  for _, key in ipairs({ seatsKey, waitersKey }) do
    local next = redis.call('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
    local due = tonumber(next[2])
    if redis.call('ZCOUNT', key, '-inf', now) > 0 then due = math.min(due or math.huge, now + overdueMs) end
    if due and (not soonest or due < soonest) then soonest = due end
  end
  return soonest
end
