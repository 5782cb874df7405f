-- @include keys
-- @include now

local overdueMs = 1000

-- When the next lease, offer or waiter of the pool runs out, or false. What is overdue already could
-- not be dropped yet and is worth another look soon.
local function nextChange()
  local soonest = false
  for _, key in ipairs({ seatsKey, waitersKey }) do
    local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    local due = tonumber(first[2])
    if due and due <= now then due = now + overdueMs end
    if due and (not soonest or due < soonest) then soonest = due end
  end
  return soonest
end
