-- @include keys
-- @include now
-- @include read-session

-- Why a session that ran out at `due` has ended. A waiter runs out at its next sign of life or its
-- longest wait, whichever is first; the equal one is the cause.
local function reasonToDrop(session, due)
  if session.closing then return 'released' end
  if session.stage == 'offered' then return 'offer_expired' end
  if session.stage == 'queued' and due == tonumber(session.queueUntil) then return 'queue_timeout' end
  return 'lapsed'
end

-- Why `sessionId` is not, or no longer, the session of its instance.
local function reasonItEnded(pool, session, sessionId)
  if session.endedId == sessionId then return session.endedReason end
  if session.id == sessionId and not session.isLive then
    local epoch, clearing = string.match(session.generation, '(%d+):(%d+)')
    if tonumber(epoch) == pool.epoch then
      return redis.call('HGET', metaKey, 'cleared:' .. clearing) or 'license_suspended'
    end
  elseif session.id or session.endedId then
    return 'superseded'
  end
  if pool.status ~= 'open' then return 'license_' .. pool.status end
  return 'lapsed'
end

-- Where a session stands: its stage and until when, or nil and why it ended or is about to.
local function standing(pool, session, instance, sessionId)
  if not session.isLive or session.id ~= sessionId then
    return nil, reasonItEnded(pool, session, sessionId)
  end
  local due = dueOf(session, instance)
  if due <= now then return nil, reasonToDrop(session, due) end
  return session.stage, due
end
