--- @include live-pool
--- @include announce-changes
--- Writes the settings that ARGV carries from position `first` on, unless the pool has newer ones.
--- A pool that is suspended or revoked is swept: every session loses its entry in one step, and the
--- reason stays in `meta`, also after the pool opens again.
local function write_config(first)
  local config = { 'version', 'limit', 'overdraft', 'status', 'validUntil', 'leaseMs', 'heartbeatMs',
    'signalEveryMs', 'holdersMax', 'queueMax', 'queueWaitMs', 'offerMs', 'livenessMs' }
  for index, name in ipairs(config) do
    redis.call('HSET', KEYS[1], name, ARGV[first + index - 1])
  end
  local status = ARGV[first + 3]
  if status ~= 'open' then redis.call('HSET', KEYS[1], 'sweptReason', 'license_' .. status) end
end

--- @return the pool's settings after the change.
local function apply_config(pool, first)
  if tonumber(ARGV[first]) <= pool.version then return pool end
  write_config(first)
  if ARGV[first + 3] ~= 'open' then
    redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
    announce_changes()
  end
  return live_pool()
end
