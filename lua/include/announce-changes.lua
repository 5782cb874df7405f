--- Tells those who wait that places have changed; the message is the pool, `<tenant>:<license>`.
local function announce_changes()
  redis.call('PUBLISH', 'lh:changes', string.match(KEYS[1], '{(.*)}'))
end
