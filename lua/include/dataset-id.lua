--- Names the dataset of this server: changed by a restart and by a promotion.
local function dataset_id()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  local replication = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
  return run .. ':' .. replication
end
