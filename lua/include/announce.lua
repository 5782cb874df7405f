-- @include keys

local isChanged = false

-- Somebody's place, offer or next change moved: whoever waits for this pool must look again.
local function noteChange()
  isChanged = true
end

-- Called once at the end. The message is the hash tag without its braces: <tenant>:<license>.
local function announceChange()
  if isChanged then redis.call('PUBLISH', ARGV[1], string.match(metaKey, '{(.-)}')) end
end
