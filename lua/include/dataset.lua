-- Names the data this server holds. The run id changes with every start; the replication id also
-- when a replica is promoted and the old primary comes back, which the run id alone would miss.
local function currentDataset()
  local info = redis.call('INFO', 'server', 'replication')
  return string.match(info, 'run_id:(%w+)') .. ':' .. string.match(info, 'master_replid:(%w+)')
end
