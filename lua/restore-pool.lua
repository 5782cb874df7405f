--[[
  Rebuilds a pool from the ledger, chunk by chunk. Until the last chunk every other script answers
  NO_POOL.

  Guarantee: chunks of an older epoch, and chunks between which another restore began, are refused, so
  two restores never mix. The first chunk clears what was there. Each session gets a fresh lease and a
  synthetic holder: while it lives, holders that beat are adopted.

  KEYS  1 meta  2 seats  3 queue  4 waiters  5 ended
  ARGV  1 epoch  2 '1' for the first chunk  3 '1' for the last  4…16 the pool's settings
        17 seats as JSON [[session, instance, fence epoch, fence counter] …]
        18 waiters as JSON [[session, instance, ticket epoch, ticket] …]
  Reply {RESTORED}  {STALE_EPOCH}
]]
local epoch, is_first, is_last = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3] == '1'
local seats, waiters = cjson.decode(ARGV[17]), cjson.decode(ARGV[18])

--- @include now
--- @include dataset-id
--- @include apply-config
--- @include session-of
--- @include keep-pool

local present = redis.call('HMGET', KEYS[1], 'epoch', 'loading')
local known = math.max(tonumber(present[1]) or 0, tonumber(present[2]) or 0)
if is_first then
  if known >= epoch then return { 'STALE_EPOCH' } end
  redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
  redis.call('HSET', KEYS[1], 'loading', epoch)
elseif tonumber(present[2]) ~= epoch then
  return { 'STALE_EPOCH' }
end

local at = now()
local lease_ms, queue_wait_ms, liveness_ms = tonumber(ARGV[9]), tonumber(ARGV[14]), tonumber(ARGV[16])

for _, seat in ipairs(seats) do
  local id, instance, fence_epoch, fence_counter = unpack(seat)
  local key = session_key(instance)
  redis.call('DEL', key)
  redis.call('HSET', key, 'session', id, 'status', 'active', 'fenceEpoch', fence_epoch,
    'fenceCounter', fence_counter, 'grantedAt', at, 'syntheticUntil', at + lease_ms)
  redis.call('ZADD', KEYS[2], at + lease_ms, instance)
end

for _, waiter in ipairs(waiters) do
  local id, instance, ticket_epoch, ticket = unpack(waiter)
  local key = session_key(instance)
  redis.call('DEL', key)
  redis.call('HSET', key, 'session', id, 'status', 'queued', 'ticketEpoch', ticket_epoch,
    'ticketN', ticket, 'queueUntil', at + queue_wait_ms)
  redis.call('ZADD', KEYS[3], ticket_epoch * 2097152 + ticket, instance)
  redis.call('ZADD', KEYS[4], math.min(at + liveness_ms, at + queue_wait_ms), instance)
end

if is_last then
  write_config(4)
  redis.call('HDEL', KEYS[1], 'loading')
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'fence', 0, 'tickets', 0)
  redis.call('HSET', KEYS[1], 'dataset', dataset_id())
end
keep_pool()
return { 'RESTORED' }
