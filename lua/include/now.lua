-- The only clock: Redis's own, in unix milliseconds. Every process sees the same one.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
