-- @include now

-- Beats and releases go on after validUntil; grants, offers and queueing do not.
local function poolIsExpired(pool)
  return pool.validUntil ~= nil and pool.validUntil <= now
end

local function poolIsGranting(pool)
  return pool.status == 'open' and not poolIsExpired(pool)
end
