-- The 40 characters after a name in what INFO answers. Searched for as plain text, because a pattern is
-- tried at each of some thousand places: a seventh of what a heartbeat costs.
local function infoField(info, name)
  local _, last = string.find(info, name, 1, true)
  return string.sub(info, last + 1, last + 40)
end

-- Names the data this server holds. The run id changes with every start; the replication id also
-- when a replica is promoted and the old primary comes back, which the run id alone would miss.
local function currentDataset()
  local info = redis.call('INFO', 'server', 'replication')
  return infoField(info, '\nrun_id:') .. ':' .. infoField(info, '\nmaster_replid:')
end
