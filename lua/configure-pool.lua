--[[
  Tells a pool early what its license says now.

  Guarantee: an older version than the pool knows changes nothing. When the license is suspended or
  revoked, no session of the pool survives and none comes back with a later reinstatement; the work of
  that does not grow with their number. Otherwise bounded: drops and offers at most 500 sessions each.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per instance met, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  what the license says now, packed
  ARGV[3]  terms: what the license's tokens say of it

  Replies, each but the last with the unacknowledged dropped sessions at its end:
    CONFIGURED
    STALE
    NO_POOL
  Publishes.
]]
-- @include live-pool
-- @include apply-config
-- @include drop-lapsed
-- @include promote
-- @include reply

local config, terms = ARGV[2], ARGV[3]

local pool = livePool()
if not pool then return { 'NO_POOL' } end

local isKnown = applyConfig(pool, config, terms)
dropLapsed(pool)
promote(pool)
return reply({ isKnown and 'CONFIGURED' or 'STALE' })
