--[[
  Counts who holds a seat or an offer, and who waits.

  Guarantee: changes nothing. O(log n), however many hold seats.

  KEYS     meta, seats, queue, waiters, ended, prefix of sessions' keys (not used)
  ARGV[1]  channel of announcements (not used)

  Replies:
    COUNTED  used, waiting
    NO_POOL
]]
-- @include live-pool
-- @include queue
-- @include usage

if not livePool() then return { 'NO_POOL' } end
return { 'COUNTED', seatsUsed(), liveWaiters() }
