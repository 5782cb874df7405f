--- @include dataset-id
--- The pool's settings as numbers, or nil when this Redis does not hold the pool: it was lost, is being
--- restored, or belongs to another dataset. The run id alone would miss a failback to an old primary,
--- the replication id alone a restart, so both must match.
local function live_pool()
  local meta = redis.call('HMGET', KEYS[1], 'dataset', 'epoch', 'version', 'limit', 'overdraft',
    'status', 'validUntil', 'leaseMs', 'heartbeatMs', 'signalEveryMs', 'holdersMax', 'queueMax',
    'queueWaitMs', 'offerMs', 'livenessMs', 'fence', 'tickets', 'tenureMs', 'sweptReason')
  if not meta[1] or meta[1] ~= dataset_id() then return nil end
  return {
    epoch = tonumber(meta[2]),
    version = tonumber(meta[3]),
    limit = tonumber(meta[4]),
    capacity = tonumber(meta[4]) + tonumber(meta[5]),
    status = meta[6],
    validUntil = tonumber(meta[7]),
    leaseMs = tonumber(meta[8]),
    heartbeatMs = tonumber(meta[9]),
    signalEveryMs = tonumber(meta[10]),
    holdersMax = tonumber(meta[11]),
    queueMax = tonumber(meta[12]),
    queueWaitMs = tonumber(meta[13]),
    offerMs = tonumber(meta[14]),
    livenessMs = tonumber(meta[15]),
    tenureMs = tonumber(meta[18]) or -1,
    sweptReason = meta[19] or 'lapsed',
  }
end
