--[[
  Drops what has lapsed in a pool and hands the seats to those who wait, or only looks.

  Guarantee: what is dropped is reported until the ledger acknowledges it. A named session is dropped
  before all others, so the answer about it is final unless it still runs. Looking changes nothing and
  says what dropping would do. Bounded: drops and offers at most 501 sessions each.

  KEYS     meta, seats, queue, waiters, ended, hard, prefixes of sessions' and of devices' keys (derived:
           one per instance met, and its device's)
  ARGV[1]  channel of announcements
  ARGV[2]  session, or '' for none
  ARGV[3]  instance, or ''
  ARGV[4]  'drop' | 'look'

  Replies, but for the last with the unacknowledged dropped sessions at its end:
    LAPSED  queued | offered | active, until; or 'ended', reason; or nothing twice if none was named;
            next change, used, limit, epoch, now
    NO_POOL
  Publishes when a place in the queue or an offer changed.
]]
-- @include live-pool
-- @include read-session
-- @include standing
-- @include drop-lapsed
-- @include promote
-- @include next-change
-- @include reply

local sessionId, instance, mode = ARGV[2], ARGV[3], ARGV[4]

local pool = livePool()
if not pool then return { 'NO_POOL' } end

-- The caller ends the ledger row of a session that it is told has ended, so nothing may renew that
-- session afterwards: one that lapsed and cannot be dropped yet is not called ended.
local function dropNamed()
  local session = readSession(pool, instance)
  if not session.isLive or session.id ~= sessionId then return end
  local due = dueOf(session, instance)
  if due <= now and roomToDrop() > 0 then
    dropSession(pool, instance, session, reasonToDrop(session, due), due)
  end
end

local function stateOfNamed()
  if sessionId == '' then return false, false end
  local session = readSession(pool, instance)
  local stage, due = standing(pool, session, instance, sessionId)
  if stage then return stage, due end
  local isUndropped = session.isLive and session.id == sessionId
  if isUndropped and mode == 'drop' then return session.stage, dueOf(session, instance) end
  return 'ended', due
end

if mode == 'drop' then
  if sessionId ~= '' then dropNamed() end
  dropLapsed(pool)
  promote(pool)
end
local status, detail = stateOfNamed()
return reply({ 'LAPSED', status, detail, nextChange(), seatsUsed(), pool.limit, pool.epoch, now })
