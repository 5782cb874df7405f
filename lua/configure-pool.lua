--[[
  Pushes a license's settings to its pool before the next acquire brings them.

  Guarantee: older settings never replace newer ones. A raised limit is offered to waiters at once; a
  lowered one takes no seat away. A suspension or revocation ends every session in one step.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1… the pool's settings
  Reply {NO_POOL}  {CONFIGURED, dropped}  {STALE, dropped}
  Publishes lh:changes when a seat is offered or the pool was swept.
]]
--- @include now
--- @include live-pool
--- @include apply-config
--- @include drop-lapsed
--- @include promote

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
if tonumber(ARGV[1]) < pool.version then return { 'STALE', dropped() } end
local at = now()
pool = apply_config(pool, 1)
drop_lapsed(pool, at)
promote(pool, at)
return { 'CONFIGURED', dropped() }
