-- @include keys
-- @include announce

-- Ends every reply but a heartbeat's: announces changes and appends all sessions that were dropped
-- and that the ledger has not acknowledged, however often they were told before.
local function reply(words)
  announceChange()
  words[#words + 1] = redis.call('HGETALL', endedKey)
  return words
end
