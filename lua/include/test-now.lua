-- Stands in for now.lua when the scripts were loaded for a test: the caller's last argument is the
-- time, in unix milliseconds. No script that production loads contains this text.
local now = tonumber(ARGV[#ARGV])
