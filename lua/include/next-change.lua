--- When the next lease, offer or waiter of the pool is over, in unix milliseconds; -1 for never.
local function next_change()
  local next = -1
  for _, entries in ipairs({ KEYS[2], KEYS[4] }) do
    local first = redis.call('ZRANGE', entries, 0, 0, 'WITHSCORES')
    if first[2] and (next < 0 or tonumber(first[2]) < next) then next = tonumber(first[2]) end
  end
  return next
end
