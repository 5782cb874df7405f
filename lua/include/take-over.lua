-- @include keys
-- @include now
-- @include queue
-- @include read-session
-- @include usage
-- @include drop-session

-- Why the caller may not have the seat of `session`, which it calls its own, or nil when it may. It
-- trades one seat for another, so the pool must not be above its capacity, and nobody is passed who
-- waits before it.
local function reasonNotToTakeOver(pool, session, sessionId, place)
  if not session.isLive or session.id ~= sessionId then return 'ended' end
  if session.stage == 'queued' then return 'is_waiting' end
  if place and place > 1 or not place and liveWaiters() > 0 then return 'others_wait' end
  if seatsUsed() > pool.capacity then return 'over_limit' end
  return nil
end

-- Ends a session whose seat or offer goes to another instance within this call.
local function endTakenOver(pool, instance, session)
  dropSession(pool, instance, session, session.closing and 'released' or 'superseded', now)
end
