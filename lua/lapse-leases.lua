--[[
  Drops what is over in a pool and hands the seats to whoever waits; and tells where one session
  stands. Asked only to look, it changes nothing.

  Guarantee: looking says what dropping would do, so a workflow that looks first and drops then sees no
  other outcome, unless the session was renewed in between.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1 session or ''  2 instance or ''  3 '1' to drop
  Reply {NO_POOL}  {LAPSED, status or '', until or -1, end reason or '', next change, used, limit, now, dropped}
  Publishes lh:changes when a seat is offered.
]]
local id, instance, may_drop = ARGV[1], ARGV[2], ARGV[3] == '1'

--- @include now
--- @include live-pool
--- @include session-of
--- @include drop-lapsed
--- @include promote
--- @include next-change

local pool = live_pool()
if not pool then return { 'NO_POOL' } end
local at = now()
if may_drop then
  drop_lapsed(pool, at)
  promote(pool, at)
end

local status, until_at, reason = '', -1, ''
if id ~= '' then
  local session = session_of(instance)
  if not session or session.id ~= id then
    status, reason = 'ended', end_reason_of(instance, id, pool)
  elseif session['until'] <= at then
    status, reason = 'ended', lapse_reason(session, at)
  else
    status = session.status == 'closing' and 'active' or session.status
    until_at = session['until']
  end
end
return { 'LAPSED', status, until_at, reason, next_change(), redis.call('ZCARD', KEYS[2]), pool.limit,
  at, dropped() }
