-- @include keys
-- @include announce
-- @include parse-config
-- @include clear-pool

-- Takes over what the license says now. An older version than the pool knows is ignored and answers
-- false. A suspended or revoked license loses its seats, offers and queue.
local function applyConfig(pool, text)
  if text == pool.config then return true end
  if tonumber(string.match(text, '^%d+')) < pool.version then return false end
  local wasOpen = pool.status == 'open'
  redis.call('HSET', metaKey, 'config', text)
  parseConfig(pool, text)
  if wasOpen and pool.status ~= 'open' then clearPool(pool, 'license_' .. pool.status) end
  noteChange()
  return true
end
