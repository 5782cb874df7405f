-- @include keys
-- @include dataset
-- @include parse-config

-- The pool, or nil when this server does not hold it: its meta is gone, half restored, of another release,
-- or of another dataset, which may lack the last grants. Whoever gets nil answers NO_POOL, which is never success.
local function livePool()
  local meta = redis.call('HMGET', metaKey, 'dataset', 'config', 'epoch', 'clearings', 'meanTenureMs',
    'termsVersion')
  if meta[1] ~= currentDataset() then return nil end
  local pool = parseConfig({}, meta[2])
  if not pool then return nil end
  pool.epoch = tonumber(meta[3])
  pool.clearings = tonumber(meta[4])
  pool.generation = meta[3] .. ':' .. meta[4]
  pool.meanTenureMs = tonumber(meta[5])
  pool.termsVersion = meta[6]
  return pool
end
