-- @include keys
-- @include announce
-- @include parse-config
-- @include clear-pool

-- Takes over what the license says now: its rules, and the terms that its tokens carry. An older version than the pool knows is ignored and answers
-- false. A suspended or revoked license loses its seats, offers and queue.
local function applyConfig(pool, text, terms)
  if text == pool.config then return true end
  if tonumber(string.match(text, '^%d+')) < pool.version then return false end
  local wasOpen = pool.status == 'open'
  redis.call('HSET', metaKey, 'config', text)
  parseConfig(pool, text)
  if redis.call('HGET', metaKey, 'terms') ~= terms then
    pool.termsVersion = tostring(pool.version)
    redis.call('HSET', metaKey, 'terms', terms, 'termsVersion', pool.version)
  end
  if wasOpen and pool.status ~= 'open' then clearPool(pool, 'license_' .. pool.status) end
  noteChange()
  return true
end
