--- @include forget-session
--- @include announce-changes
--- Drops a session and reports it to the ledger through `:ended` until that is acknowledged.
local function drop_session(instance, session, reason, pool, at)
  forget_session(instance, session, reason, pool, at)
  redis.call('HSET', KEYS[5], session.id, reason .. '|' .. string.format('%.0f', at) .. '|' .. instance)
end

--- Why an entry that is over ends.
local function lapse_reason(session, at)
  if session.status == 'offered' then return 'offer_expired' end
  if session.status == 'closing' then return 'released' end
  if session.status == 'queued' and session.queueUntil <= at then return 'queue_timeout' end
  return 'lapsed'
end

--- Drops seats, offers and waiters whose time is over, in bounded work. What cannot be reported (more
--- than 1,000 unacknowledged) is not dropped, so its seat stays counted.
local function drop_lapsed(pool, at)
  local budget = math.min(500, 1000 - redis.call('HLEN', KEYS[5]))
  for _, entries in ipairs({ KEYS[2], KEYS[4] }) do
    if budget <= 0 then return end
    local over = redis.call('ZRANGEBYSCORE', entries, '-inf', at, 'LIMIT', 0, budget)
    for _, instance in ipairs(over) do
      local session = session_of(instance)
      if session then
        drop_session(instance, session, lapse_reason(session, at), pool, at)
      else
        for index = 2, 4 do redis.call('ZREM', KEYS[index], instance) end
      end
    end
    if entries == KEYS[4] and #over > 0 then announce_changes() end
    budget = budget - #over
  end
end

--- Everything dropped that the ledger has not acknowledged: session, report, session, report …
local function dropped()
  return redis.call('HGETALL', KEYS[5])
end
