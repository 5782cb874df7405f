--- Key of an instance's session; it shares the pool's hash tag, so it may be derived.
local function session_key(instance)
  return string.sub(KEYS[1], 1, -5) .. 's:' .. instance
end

--- What Redis knows of an instance: its session, or nil when it has none that holds or waits. An
--- entry is what counts: a session without one ended when the whole pool was swept.
local function session_of(instance)
  local fields = redis.call('HMGET', session_key(instance), 'session', 'status', 'fenceEpoch',
    'fenceCounter', 'queueUntil', 'syntheticUntil', 'forwardAt', 'grantedAt', 'ticketEpoch', 'ticketN')
  if not fields[1] then return nil end
  local session = {
    id = fields[1],
    status = fields[2],
    fenceEpoch = tonumber(fields[3]) or 0,
    fenceCounter = tonumber(fields[4]) or 0,
    queueUntil = tonumber(fields[5]) or 0,
    syntheticUntil = tonumber(fields[6]) or 0,
    forwardAt = tonumber(fields[7]) or 0,
    grantedAt = tonumber(fields[8]) or 0,
    ticketEpoch = tonumber(fields[9]) or 0,
    ticketN = tonumber(fields[10]) or 0,
  }
  local entries = session.status == 'queued' and KEYS[4] or KEYS[2]
  session['until'] = tonumber(redis.call('ZSCORE', entries, instance) or nil)
  if not session['until'] then return nil end
  return session
end

--- Why a session that is not there any more has ended, as far as Redis knows.
local function end_reason_of(instance, id, pool)
  local last = redis.call('HMGET', session_key(instance), 'session', 'endedSession', 'endedReason')
  if last[2] == id then return last[3] end
  if last[1] and last[1] ~= id then return 'superseded' end
  return pool.sweptReason
end
